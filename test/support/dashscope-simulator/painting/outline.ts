/** The points of an outline higher than all others within reach. */
export function crestsOf(
  points: readonly (readonly [number, number])[],
  reach: number,
): readonly (readonly [number, number])[] {
  const crests: (readonly [number, number])[] = [];
  for (const [index, point] of points.entries()) {
    const around = points.slice(Math.max(0, index - reach), index + reach + 1);
    const isCrest = around.every(([, y]) => y >= point[1]);
    const previous = crests.at(-1);
    if (isCrest && (previous === undefined || point[0] - previous[0] > 3)) crests.push(point);
  }
  return crests;
}

import type { PriceTier, SizeRule } from "./port.ts";

/** Width and height of a size, `width*height` in pixels; null where it is none. */
export function dimensionsOf(size: string): { readonly width: number; readonly height: number } | null {
  const [, width, height] = /^([1-9]\d{0,5})\*([1-9]\d{0,5})$/.exec(size) ?? [];
  return width === undefined || height === undefined
    ? null
    : { width: Number(width), height: Number(height) };
}

/** What is wrong with a size by a model's rule, as the end of a sentence; null where it fits. */
export function sizeFault(size: string, rule: SizeRule): string | null {
  if (rule.rule === "list")
    return rule.values.includes(size) ? null : `must be one of ${rule.values.join(", ")}`;
  const sides = dimensionsOf(size);
  if (sides === null) return "must be width*height in pixels";
  const { width, height } = sides;
  const pixels = width * height;
  if (pixels < rule.min_pixels || pixels > rule.max_pixels)
    return `must have ${rule.min_pixels} to ${rule.max_pixels} pixels`;
  const [long = 1, short = 1] = rule.widest.split(":").map(Number);
  if (Math.max(width, height) * short > Math.min(width, height) * long)
    return `must not be wider or higher than ${rule.widest}`;
  return null;
}

/** The price of one image of a size, a decimal: that of the first tier which holds it, else of the last. */
export function costOf(size: string, [first, ...others]: readonly [PriceTier, ...PriceTier[]]): string {
  const sides = dimensionsOf(size);
  const pixels = sides === null ? Number.POSITIVE_INFINITY : sides.width * sides.height;
  const tiers = [first, ...others];
  const holds = tiers.find(({ up_to_pixels }) => up_to_pixels === null || pixels <= up_to_pixels);
  return (holds ?? tiers.at(-1) ?? first).cost;
}

/** How the pixels of a PNG lie, as its IHDR says. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Bits of one sample. */
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

/** Samples of one pixel, by colour type. */
const CHANNELS: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/** The seven passes of Adam7: first column and row, and the steps between them. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const ALL_AT_ONCE = [[0, 0, 1, 1]] as const;

/** The bytes of all rows before compression, each with its filter byte (https://www.w3.org/TR/png-3/#7Scanline). */
export function rawBytes({ width, height, depth, colour, interlaced }: Layout): number {
  const bits = depth * (CHANNELS.get(colour) ?? 1);
  let bytes = 0;
  for (const [left, top, right, down] of interlaced ? ADAM7 : ALL_AT_ONCE) {
    const columns = Math.max(0, Math.ceil((width - left) / right));
    const rows = Math.max(0, Math.ceil((height - top) / down));
    if (columns > 0) bytes += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  return bytes;
}

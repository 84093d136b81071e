import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import type { PictureOrder } from "./painting/scene.ts";
import { paintLandscape } from "./painting.ts";
import { headerChunk, padPng, pngChunk, pngSignature } from "./png.ts";

/** All a picture's bytes follow from: it can be painted again instead of being kept. */
export interface Recipe extends PictureOrder {
  readonly style: "landscape" | "plain";
  /** The file is padded to this many bytes. */
  readonly paddedTo?: number | undefined;
}

/** Paints by the recipe; always the same bytes. */
export async function renderPicture(recipe: Recipe): Promise<Buffer> {
  const png = recipe.style === "plain" ? plainPicture(recipe) : await paintLandscape(recipe);
  return recipe.paddedTo === undefined ? png : padPng(png, recipe.paddedTo);
}

const pixelsBySize = new Map<string, Buffer>();

/**
 * A flat ramp between two colours. The pixels are indices and the same for every picture of a size, so they are packed
 * once; only the palette differs.
 */
export function plainPicture({ prompt, seed, width, height }: Omit<PictureOrder, "watermark">): Buffer {
  const digest = createHash("sha256").update(`${prompt}\u0000${seed}`).digest();
  const ramp = Buffer.alloc(256 * 3);
  for (let index = 0; index < 256; index += 1) {
    for (let part = 0; part < 3; part += 1) {
      const from = digest[part] ?? 0;
      const to = digest[part + 3] ?? 0;
      ramp[index * 3 + part] = Math.round(from + ((to - from) * index) / 255);
    }
  }
  // Colours alone could meet in two pictures; the text chunk never does.
  const name = Buffer.from(`Comment\u0000${digest.toString("hex")}`, "latin1");
  return Buffer.concat([
    pngSignature,
    headerChunk(width, height, 3),
    pngChunk("PLTE", ramp),
    pngChunk("tEXt", name),
    pngChunk("IDAT", packedRamp(width, height)),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function packedRamp(width: number, height: number): Buffer {
  const key = `${width}*${height}`;
  const known = pixelsBySize.get(key);
  if (known !== undefined) return known;
  // Filter 2 stores the difference to the row above: after the first row, all zeros.
  const rows = Buffer.alloc((width + 1) * height);
  for (let x = 0; x < width; x += 1) rows[x + 1] = Math.floor((x * 255) / Math.max(1, width - 1));
  for (let y = 1; y < height; y += 1) rows[y * (width + 1)] = 2;
  const packed = deflateSync(rows, { level: 1 });
  pixelsBySize.set(key, packed);
  return packed;
}

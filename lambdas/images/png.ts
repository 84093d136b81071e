import { crc32 } from "node:zlib";

/**
 * Checks a PNG as it streams past: signature, every chunk's length, type and CRC, IHDR first with sane values, image
 * data, and IEND as the very end (https://www.w3.org/TR/png-3/#5DataRep). Keeps a few bytes, whatever the size, and
 * comes to the same verdict however the bytes are cut.
 */
export type PngVerdict =
  | { readonly valid: true; readonly width: number; readonly height: number }
  | {
      readonly valid: false;
      /** Good so far, but it ends before IEND does. */
      readonly truncated: boolean;
      readonly detail: string;
    };

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const IHDR_BYTES = 13;
const LONGEST_CHUNK = 0x7fffffff;
/** Without knowing every critical chunk a picture cannot be shown. */
const CRITICAL_CHUNKS = ["IHDR", "PLTE", "IDAT", "IEND"];
/** The bit depths of each colour type (table 12 of the standard). */
const BIT_DEPTHS: ReadonlyMap<number, readonly number[]> = new Map([
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
]);

type Expecting = "signature" | "chunk" | "data" | "crc" | "nothing";

export class PngVerifier {
  /** The part of the file that comes next. */
  #expecting: Expecting = "signature";
  /** Collects the parts of fixed length: signature, chunk head, IHDR's data, CRC. */
  readonly #part = Buffer.alloc(IHDR_BYTES);
  #partFilled = 0;
  #type = "";
  #dataLeft = 0;
  #crc = 0;
  #width = 0;
  #height = 0;
  #imageData: "none" | "open" | "closed" = "none";
  #fault: string | null = null;

  update(bytes: Uint8Array): void {
    let position = 0;
    while (position < bytes.length && this.#fault === null) {
      position = this.#step(bytes, position);
    }
  }

  /** The verdict on everything seen so far, taken as the whole file. */
  verdict(): PngVerdict {
    if (this.#fault !== null) return { valid: false, truncated: false, detail: this.#fault };
    if (this.#expecting !== "nothing") return { valid: false, truncated: true, detail: "ends before IEND" };
    return { valid: true, width: this.#width, height: this.#height };
  }

  /** Takes bytes from `position` on and returns the position after them. */
  #step(bytes: Uint8Array, position: number): number {
    switch (this.#expecting) {
      case "signature":
        return this.#collect(bytes, position, SIGNATURE.length, () => {
          if (!this.#part.subarray(0, SIGNATURE.length).equals(SIGNATURE)) this.#fault = "no PNG signature";
          this.#expecting = "chunk";
        });
      case "chunk":
        return this.#collect(bytes, position, 8, () => this.#beginChunk());
      case "data":
        return this.#takeData(bytes, position);
      case "crc":
        return this.#collect(bytes, position, 4, () => this.#endChunk());
      case "nothing":
        this.#fault = "bytes after IEND";
        return bytes.length;
    }
  }

  #collect(bytes: Uint8Array, position: number, length: number, whenComplete: () => void): number {
    const taken = bytes.subarray(position, position + length - this.#partFilled);
    this.#part.set(taken, this.#partFilled);
    this.#partFilled += taken.length;
    if (this.#partFilled === length) {
      this.#partFilled = 0;
      whenComplete();
    }
    return position + taken.length;
  }

  #beginChunk(): void {
    const length = this.#part.readUInt32BE(0);
    const type = this.#part.subarray(4, 8);
    const name = type.toString("latin1");
    this.#fault = this.#misplaced(name, length);
    if (name === "IDAT") this.#imageData = "open";
    else if (this.#imageData === "open") this.#imageData = "closed";
    this.#type = name;
    this.#dataLeft = length;
    this.#crc = crc32(type);
    this.#expecting = length === 0 ? "crc" : "data";
  }

  /** Why a chunk may not stand where it does; null when it may. */
  #misplaced(name: string, length: number): string | null {
    const first = this.#type === "";
    if (!/^[A-Za-z]{4}$/.test(name)) return "a chunk without a proper type";
    if (length > LONGEST_CHUNK) return "a chunk of impossible length";
    if (first !== (name === "IHDR")) return "IHDR is not the first chunk, or not the only one";
    if (first && length !== IHDR_BYTES) return "IHDR of a wrong length";
    if (name === "IEND" && length !== 0) return "IEND that is not empty";
    if (name === "IEND" && this.#imageData === "none") return "no image data";
    if (name === "IDAT" && this.#imageData === "closed") return "image data in two places";
    if (/^[A-Z]/.test(name) && !CRITICAL_CHUNKS.includes(name)) return "an unknown critical chunk";
    return null;
  }

  #takeData(bytes: Uint8Array, position: number): number {
    const data = bytes.subarray(position, position + this.#dataLeft);
    this.#crc = crc32(data, this.#crc);
    this.#dataLeft -= data.length;
    if (this.#type === "IHDR") this.#collect(data, 0, IHDR_BYTES, () => this.#readHeader());
    if (this.#dataLeft === 0) this.#expecting = "crc";
    return position + data.length;
  }

  #readHeader(): void {
    this.#width = this.#part.readUInt32BE(0);
    this.#height = this.#part.readUInt32BE(4);
    const [depth = 0, colour = 0, compression = 0, filter = 0, interlace = 0] = this.#part.subarray(8);
    if (this.#width < 1 || this.#height < 1) this.#fault = "an image without area";
    else if (BIT_DEPTHS.get(colour)?.includes(depth) !== true) this.#fault = "an impossible colour type";
    else if (compression !== 0 || filter !== 0 || interlace > 1) this.#fault = "an unknown encoding";
  }

  #endChunk(): void {
    if (this.#part.readUInt32BE(0) !== this.#crc) this.#fault = `a wrong CRC in ${this.#type}`;
    this.#expecting = this.#type === "IEND" ? "nothing" : "chunk";
  }
}

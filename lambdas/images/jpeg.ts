import type { ByteFile } from "./byte-file.ts";
import type { Inspection } from "./inspection.ts";

export const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const WINDOW_BYTES = 32 * 1024;

/**
 * Whether a JPEG is whole (ITU-T T.81, annex B): its segments follow one another from the start through every scan to
 * the end-of-image marker. A JPEG has no checksums, so changed pixels are not noticed.
 */
export async function inspectJpeg(file: ByteFile): Promise<Inspection> {
  let size: { width: number; height: number } | null = null;
  let scans = 0;
  for (let at = 2; ; ) {
    const segment = await file.read(at, 9);
    if (segment.length < 2) return { whole: false, truncated: true, detail: "ends before its end marker" };
    const [start, marker = 0] = segment;
    if (start !== 0xff || marker === 0) return { whole: false, truncated: false, detail: "no marker" };
    if (marker === 0xff) {
      // Fill bytes may stand before any marker.
      at += 1;
      continue;
    }
    if (marker === END_OF_IMAGE) break;
    if (standsAlone(marker)) {
      at += 2;
      continue;
    }
    if (isFrame(marker) && segment.length === 9)
      size = { height: segment.readUInt16BE(5), width: segment.readUInt16BE(7) };
    at += 2 + (segment.length < 4 ? 2 : Math.max(2, segment.readUInt16BE(2)));
    if (marker !== START_OF_SCAN) continue;
    scans += 1;
    at = await endOfScan(file, at);
  }
  if (size === null || size.width < 1 || size.height < 1 || scans === 0)
    return { whole: false, truncated: false, detail: "no image data" };
  return { whole: true, ...size };
}

/** SOF0 to SOF15, without the three markers of that range that begin something else. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

function standsAlone(marker: number): boolean {
  return marker === 0x01 || marker === 0xd8 || isRestart(marker);
}

/** Where the next marker after coded data stands; the end of the file where there is none. */
async function endOfScan(file: ByteFile, from: number): Promise<number> {
  for (let at = from; at < file.size; ) {
    const window = await file.read(at, WINDOW_BYTES);
    let found = window.indexOf(0xff);
    while (found >= 0 && found + 1 < window.length) {
      const next = window[found + 1] ?? 0;
      if (next !== 0 && !isRestart(next)) return at + found;
      found = window.indexOf(0xff, found + 2);
    }
    // The last byte may be the first half of a marker.
    at += Math.max(1, window.length - 1);
  }
  return file.size;
}

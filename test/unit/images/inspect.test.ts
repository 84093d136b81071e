import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { createCanvas } from "@napi-rs/canvas";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectImage } from "../../../lambdas/images/inspect.ts";
import { hasAllPixels } from "../../../lambdas/images/png-pixels.ts";
import { chunk, greyRows, header, SIGNATURE, samplePng, spoilt } from "./sample-png.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "inspect-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function inspected(...parts: Uint8Array[]) {
  const path = join(directory, "picture");
  writeFileSync(path, Buffer.concat(parts));
  return inspectImage(path);
}

/** A drawing with enough detail to fill more than one window of the reader. */
function drawn(width: number, height: number) {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext("2d");
  for (let at = 0; at < width * height; at += 7) {
    context.fillStyle = `rgb(${(at * 7) % 256} ${(at * 13) % 256} ${(at * 29) % 256})`;
    context.fillRect(at % width, (at / width) % height, 3, 2);
  }
  return canvas;
}

const idat = chunk("IDAT", greyRows(4, 3));
const iend = chunk("IEND");
const start = Buffer.concat([SIGNATURE, header(4, 3)]);
const png = (width = 4, height = 3) => ({ whole: true, type: "image/png", width, height });

describe("a PNG that viewers show", () => {
  test("of a drawing program is whole", async () => {
    expect(await inspected(drawn(300, 200).toBuffer("image/png"))).toEqual(png(300, 200));
  });

  test.each<[string, Uint8Array[]]>([
    ["bytes after IEND", [samplePng(), Buffer.from("an appended label")]],
    ["another picture after IEND", [samplePng(), samplePng()]],
    [
      "text between IDATs",
      [
        start,
        chunk("IDAT", greyRows(4, 3).subarray(0, 9)),
        chunk("tEXt"),
        chunk("IDAT", greyRows(4, 3).subarray(9)),
        iend,
      ],
    ],
    ["an ancillary chunk of an unknown name", [start, chunk("siMu", Buffer.from("x")), idat, iend]],
    ["an ancillary chunk whose name is no letters", [start, chunk("a\0 9"), idat, iend]],
    ["a wrong CRC in an ancillary chunk", [start, spoilt(chunk("tEXt", Buffer.from("a\0b"))), idat, iend]],
    ["an empty IDAT among others", [start, chunk("IDAT"), idat, chunk("IDAT"), iend]],
    [
      "a zlib header in two IDATs",
      [start, chunk("IDAT", greyRows(4, 3).subarray(0, 1)), chunk("IDAT", greyRows(4, 3).subarray(1)), iend],
    ],
    ["no Adler-32", [start, chunk("IDAT", greyRows(4, 3).subarray(0, -4)), iend]],
    ["more rows than it needs", [start, chunk("IDAT", greyRows(4, 30)), iend]],
  ])("with %s is whole", async (_name, parts) => {
    expect(await inspected(...parts)).toEqual(png());
  });

  test.each<[string, readonly number[], number]>([
    ["1-bit grey", [1, 0, 0, 0, 0], 9 * (1 + 2)],
    ["16-bit colour with alpha", [16, 6, 0, 0, 0], 9 * (1 + 10 * 8)],
    ["interlaced grey", [8, 0, 0, 0, 1], 2 * 3 + 2 * 2 + 1 * 4 + 3 * 3 + 2 * 6 + 5 * 6 + 4 * 11],
    ["interlaced 1-bit grey", [1, 0, 0, 0, 1], 2 * 2 + 2 * 2 + 1 * 2 + 3 * 2 + 2 * 2 + 5 * 2 + 4 * 3],
  ])("in %s needs exactly its rows", async (_name, tail, bytes) => {
    const picture = (rows: number) =>
      inspected(SIGNATURE, header(10, 9, tail), chunk("IDAT", deflateSync(Buffer.alloc(rows))), iend);

    expect(await picture(bytes)).toEqual(png(10, 9));
    expect(await picture(bytes - 1)).toMatchObject({ whole: false, detail: "the image data is not whole" });
  });

  test("of one narrow column is interlaced without the passes that would be empty", async () => {
    const rows = deflateSync(Buffer.alloc(2 * (1 + 1 + 2 + 4)));
    expect(await inspected(SIGNATURE, header(1, 8, [8, 0, 0, 0, 1]), chunk("IDAT", rows), iend)).toEqual(
      png(1, 8),
    );
  });
});

describe("what is no PNG", () => {
  const indexed = header(4, 3, [8, 3, 0, 0, 0]);
  const palette = chunk("PLTE", Buffer.alloc(9));
  const withoutArea = "an image without area";
  const incomplete = "the image data is not whole";

  test("an indexed picture needs its palette", async () => {
    expect(await inspected(SIGNATURE, indexed, palette, idat, iend)).toEqual(png());
    expect(await inspected(SIGNATURE, indexed, idat, iend)).toMatchObject({ detail: "no palette" });
  });

  test.each<[string, Uint8Array[], string]>([
    ["an error page", [Buffer.from("<?xml version='1.0'?>")], "no PNG, JPEG or WebP"],
    ["nothing", [], "no PNG, JPEG or WebP"],
    ["no IHDR", [SIGNATURE, idat, iend], "IHDR is not the first chunk, or not the only one"],
    [
      "Apple's own kind",
      [SIGNATURE, chunk("CgBI", Buffer.alloc(4)), header(4, 3), idat, iend],
      "IHDR is not the first chunk, or not the only one",
    ],
    ["two IHDRs", [start, header(4, 3), idat, iend], "IHDR is not the first chunk, or not the only one"],
    ["a short IHDR", [SIGNATURE, chunk("IHDR", Buffer.alloc(12)), idat, iend], "IHDR of a wrong length"],
    ["no width", [SIGNATURE, header(0, 1), idat, iend], withoutArea],
    ["no height", [SIGNATURE, header(1, 0), idat, iend], withoutArea],
    [
      "an impossible depth",
      [SIGNATURE, header(1, 1, [3, 0, 0, 0, 0]), idat, iend],
      "an impossible colour type",
    ],
    [
      "an impossible colour",
      [SIGNATURE, header(1, 1, [8, 1, 0, 0, 0]), idat, iend],
      "an impossible colour type",
    ],
    ["another compression", [SIGNATURE, header(1, 1, [8, 2, 1, 0, 0]), idat, iend], "an unknown encoding"],
    ["another interlace", [SIGNATURE, header(1, 1, [8, 2, 0, 0, 2]), idat, iend], "an unknown encoding"],
    ["a wrong CRC in its data", [start, spoilt(idat), iend], "a wrong CRC in IDAT"],
    ["a wrong CRC in its palette", [SIGNATURE, indexed, spoilt(palette), idat, iend], "a wrong CRC in PLTE"],
    ["an unknown critical chunk", [start, chunk("ABCD"), idat, iend], "an unknown critical chunk"],
    ["a chunk of 4 GiB", [start, Buffer.from("ffffffff49444154", "hex")], "a chunk of impossible length"],
    ["no image data", [start, iend], incomplete],
    ["an IDAT without bytes", [start, chunk("IDAT"), iend], incomplete],
    ["an IDAT of one byte", [start, chunk("IDAT", Buffer.from([0x78])), iend], incomplete],
    [
      "data that does not inflate",
      [start, chunk("IDAT", Buffer.from("these are no pixels")), iend],
      incomplete,
    ],
    [
      "a zlib header and then garbage",
      [start, chunk("IDAT", Buffer.from("789cffffffffffff", "hex")), iend],
      incomplete,
    ],
    ["too few rows", [start, chunk("IDAT", greyRows(4, 2)), iend], incomplete],
    ["data that ends in the middle", [start, chunk("IDAT", greyRows(4, 3).subarray(0, 8)), iend], incomplete],
    [
      "more pixels than memory",
      [SIGNATURE, header(2 ** 31 - 1, 2 ** 31 - 1), idat, iend],
      "more pixels than are looked at",
    ],
  ])("%s is refused", async (_name, parts, detail) => {
    expect(await inspected(...parts)).toEqual({ whole: false, truncated: false, detail });
  });

  test("data is inflated no further than the picture that it claims to be", async () => {
    const endless = deflateSync(Buffer.alloc(4 * 1024 * 1024, "0123456789abcdef"), { level: 0 });
    let taken = 0;
    async function* pieces() {
      for (let at = 0; at < endless.length; at += 1024) {
        taken += 1;
        yield endless.subarray(at, at + 1024);
      }
    }
    expect(await hasAllPixels(pieces(), 15)).toBe(true);
    expect(taken).toBeLessThan(endless.length / 1024 / 2);
  });
});

/** A picture as some program may write it: any size and colours, its data cut anywhere, other chunks in between. */
const anyPng = fc
  .record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 20 }),
    colour: fc.constantFrom<[number, number, number]>([8, 0, 1], [8, 2, 3], [8, 3, 1], [16, 4, 4], [8, 6, 4]),
    cuts: fc.array(fc.nat(200), { maxLength: 6 }),
    between: fc.constantFrom("tEXt", "iTXt", "siMu", null),
    level: fc.constantFrom(0, 1, 9),
    seed: fc.nat(),
  })
  .map(({ width, height, colour: [depth, colour, bytesPerPixel], cuts, between, level, seed }) => {
    const rowBytes = 1 + width * bytesPerPixel;
    const rows = Buffer.alloc(rowBytes * height);
    for (let at = 0; at < rows.length; at++) rows[at] = at % rowBytes === 0 ? 0 : (at * 31 + seed) % 256;
    const packed = deflateSync(rows, { level });
    const parts: { content: Buffer; critical: boolean }[] = [
      { content: header(width, height, [depth, colour, 0, 0, 0]), critical: true },
      { content: chunk("PLTE", Buffer.alloc(3 * 256, seed % 256)), critical: true },
    ];
    if (colour === 0 || colour === 4) parts.pop();
    const edges = [0, ...cuts.map((cut) => cut % (packed.length + 1)), packed.length].sort((a, b) => a - b);
    edges.slice(1).forEach((end, index) => {
      parts.push({ content: chunk("IDAT", packed.subarray(edges[index], end)), critical: true });
      if (between !== null) parts.push({ content: chunk(between, Buffer.from("a\0b")), critical: false });
    });
    const bytes = Buffer.concat([SIGNATURE, ...parts.map(({ content }) => content), iend]);
    const critical: number[] = [];
    let at = SIGNATURE.length;
    for (const part of parts) {
      for (let index = 0; part.critical && index < part.content.length; index++) critical.push(at + index);
      at += part.content.length;
    }
    return { bytes, critical, width, height };
  });

describe("any valid PNG, however its data is cut,", () => {
  test("is whole", async () => {
    await fc.assert(
      fc.asyncProperty(anyPng, async ({ bytes, width, height }) => {
        expect(await inspected(bytes)).toEqual(png(width, height));
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  test("is refused with any single bit flipped in header, palette or image data", async () => {
    await fc.assert(
      fc.asyncProperty(anyPng, fc.nat(), fc.nat(7), async ({ bytes, critical }, where, bit) => {
        const flipped = Buffer.from(bytes);
        const at = critical[where % critical.length] ?? 0;
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
        expect(await inspected(flipped)).toMatchObject({ whole: false });
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  test("is refused with any part of its end missing", async () => {
    await fc.assert(
      fc.asyncProperty(anyPng, fc.nat(), async ({ bytes }, cut) => {
        const length = 1 + (cut % (bytes.length - 1));
        expect(await inspected(bytes.subarray(0, length))).toMatchObject({ whole: false, truncated: true });
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe.each([
  ["image/jpeg", drawn(640, 480).toBuffer("image/jpeg"), "ends before its end marker"],
  ["image/webp", drawn(640, 480).toBuffer("image/webp"), "shorter than its container says"],
] as const)("%s", (type, bytes, detail) => {
  test("is whole, with the size of its header", async () => {
    expect(bytes.length).toBeGreaterThan(70_000);
    expect(await inspected(bytes)).toEqual({ whole: true, type, width: 640, height: 480 });
  });

  test("is whole with bytes after its end", async () => {
    expect(await inspected(bytes, Buffer.from("label"))).toMatchObject({ whole: true, type });
  });

  test.each([1, 2, 1000, bytes.length - 100])("is not whole without its last %i bytes", async (missing) => {
    expect(await inspected(bytes.subarray(0, -missing))).toEqual({ whole: false, truncated: true, detail });
  });

  test("whatever becomes of its bytes, there is an answer", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(400),
        async (changes, length) => {
          const small = Buffer.from(bytes.subarray(0, length + 12));
          for (const [at, value] of changes) if (at < small.length) small[at] = value;
          expect((await inspected(small)).whole).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** A WebP of these chunks. */
function webp(...chunks: [name: string, content: Buffer][]): Buffer {
  const parts = chunks.map(([name, content]) => {
    const head = Buffer.alloc(8);
    head.write(name, "latin1");
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  });
  const body = Buffer.concat([Buffer.from("WEBP"), ...parts]);
  const riff = Buffer.from("RIFF\0\0\0\0", "latin1");
  riff.writeUInt32LE(body.length, 4);
  return Buffer.concat([riff, body]);
}

const lossless = Buffer.alloc(9);
lossless[0] = 0x2f;
lossless.writeUInt32LE((1664 - 1) | ((928 - 1) << 14), 1);
const canvas = Buffer.alloc(10);
canvas.writeUIntLE(1664 - 1, 4, 3);
canvas.writeUIntLE(928 - 1, 7, 3);

test.each<[string, Buffer]>([
  ["lossless", webp(["VP8L", lossless])],
  ["extended, with metadata", webp(["VP8X", canvas], ["VP8L", lossless], ["EXIF", Buffer.from("x")])],
  ["animated", webp(["VP8X", canvas], ["ANIM", Buffer.alloc(6)], ["ANMF", Buffer.alloc(24)])],
])("a WebP that is %s is whole", async (_name, bytes) => {
  expect(await inspected(bytes)).toEqual({ whole: true, type: "image/webp", width: 1664, height: 928 });
});

test.each<[string, Buffer, string]>([
  ["a WebP without a picture", webp(["VP8X", canvas]), "no image data"],
  ["a WebP whose picture is none", webp(["VP8 ", Buffer.alloc(20)]), "no image data"],
  ["a JPEG without image data", Buffer.from("ffd8ffe00004aaaaffd9", "hex"), "no image data"],
  ["a JPEG with garbage between its segments", Buffer.from("ffd8ffe00004aaaa0000", "hex"), "no marker"],
])("%s is refused", async (_name, bytes, detail) => {
  expect(await inspected(bytes)).toEqual({ whole: false, truncated: false, detail });
});

test("a progressive JPEG is whole at the end of its last scan, not of its first", async () => {
  const frame = Buffer.from("ffc2000b0803a00680010122 00".replace(" ", ""), "hex");
  const scan = Buffer.from("ffda000801010000003f00", "hex").subarray(0, 10);
  const coded = Buffer.concat([
    Buffer.alloc(70_000, 0x55),
    Buffer.from("ff00ffd0", "hex"),
    Buffer.alloc(9, 1),
  ]);
  const bytes = Buffer.concat([Buffer.from("ffd8", "hex"), frame, scan, coded, scan, coded]);
  expect(await inspected(bytes)).toMatchObject({ whole: false, truncated: true });
  expect(await inspected(bytes, Buffer.from("ffd9", "hex"))).toEqual({
    whole: true,
    type: "image/jpeg",
    width: 1664,
    height: 928,
  });
});

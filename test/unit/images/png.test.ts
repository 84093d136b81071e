import fc from "fast-check";
import { expect, test } from "vitest";
import { PngVerifier } from "../../../lambdas/images/png.ts";
import { chunk, header, SIGNATURE, samplePng } from "./sample-png.ts";

function verdict(...parts: Uint8Array[]) {
  const verifier = new PngVerifier();
  for (const part of parts) verifier.update(part);
  return verifier.verdict();
}
const idat = chunk("IDAT", Buffer.from("pixels"));
const iend = chunk("IEND");

test("a picture is valid and knows its size", () => {
  expect(verdict(samplePng(1664, 928))).toEqual({ valid: true, width: 1664, height: 928 });
});

test("ancillary chunks and several IDATs are fine", () => {
  const text = chunk("tEXt", Buffer.from("a\0b"));
  expect(verdict(SIGNATURE, header(1, 1), text, idat, chunk("IDAT"), idat, text, iend)).toMatchObject({
    valid: true,
  });
});

const wrongCrc = Buffer.from(idat);
wrongCrc.writeUInt8(wrongCrc.readUInt8(wrongCrc.length - 1) ^ 1, wrongCrc.length - 1);
const flipped = Buffer.from(idat);
flipped.writeUInt8(flipped.readUInt8(9) ^ 1, 9);

test.each<[string, Uint8Array[], string]>([
  ["a JPEG", [Buffer.from("ffd8ffe000104a464946", "hex")], "no PNG signature"],
  ["an error page", [Buffer.from("<?xml version='1.0'?>")], "no PNG signature"],
  ["no IHDR", [SIGNATURE, idat, iend], "IHDR is not the first chunk, or not the only one"],
  ["two IHDRs", [SIGNATURE, header(1, 1), header(1, 1)], "IHDR is not the first chunk, or not the only one"],
  ["a short IHDR", [SIGNATURE, chunk("IHDR", Buffer.alloc(12))], "IHDR of a wrong length"],
  ["no width", [SIGNATURE, header(0, 1), idat, iend], "an image without area"],
  ["no height", [SIGNATURE, header(1, 0), idat, iend], "an image without area"],
  ["an impossible depth", [SIGNATURE, header(1, 1, [3, 0, 0, 0, 0])], "an impossible colour type"],
  ["an impossible colour", [SIGNATURE, header(1, 1, [8, 1, 0, 0, 0])], "an impossible colour type"],
  ["another compression", [SIGNATURE, header(1, 1, [8, 2, 1, 0, 0])], "an unknown encoding"],
  ["another interlace", [SIGNATURE, header(1, 1, [8, 2, 0, 0, 2])], "an unknown encoding"],
  ["no image data", [SIGNATURE, header(1, 1), iend], "no image data"],
  ["a flipped bit", [SIGNATURE, header(1, 1), flipped, iend], "a wrong CRC in IDAT"],
  ["a wrong CRC", [SIGNATURE, header(1, 1), wrongCrc, iend], "a wrong CRC in IDAT"],
  ["bytes after the end", [samplePng(), Buffer.from("x")], "bytes after IEND"],
  ["two pictures", [samplePng(), samplePng()], "bytes after IEND"],
  [
    "an IEND that is not empty",
    [SIGNATURE, header(1, 1), idat, chunk("IEND", Buffer.from("x"))],
    "IEND that is not empty",
  ],
  [
    "scattered image data",
    [SIGNATURE, header(1, 1), idat, chunk("tEXt"), idat, iend],
    "image data in two places",
  ],
  [
    "an unknown critical chunk",
    [SIGNATURE, header(1, 1), chunk("ABCD"), idat, iend],
    "an unknown critical chunk",
  ],
  ["a type that is none", [SIGNATURE, header(1, 1), chunk("I\0AT"), iend], "a chunk without a proper type"],
  [
    "a chunk of 4 GiB",
    [SIGNATURE, header(1, 1), Buffer.from("ffffffff49444154", "hex")],
    "a chunk of impossible length",
  ],
])("%s is refused", (_name, parts, detail) => {
  expect(verdict(...parts)).toEqual({ valid: false, truncated: false, detail });
});

test("every proper beginning is truncated, not valid", () => {
  const picture = samplePng();
  for (let length = 0; length < picture.length; length++) {
    expect(verdict(picture.subarray(0, length))).toMatchObject({ valid: false, truncated: true });
  }
});

test("the verdict does not depend on how the bytes are cut", () => {
  const mutated = fc
    .tuple(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }),
      fc.nat({ max: 20 }),
    )
    .map(([width, changes, dropped]) => {
      const picture = samplePng(width, 3);
      for (const [at, value] of changes) picture.writeUInt8(value, at % picture.length);
      return picture.subarray(0, picture.length - dropped);
    });
  fc.assert(
    fc.property(
      fc.oneof(mutated, fc.uint8Array()),
      fc.array(fc.integer({ min: 0, max: 30 })),
      (bytes, cuts) => {
        const parts: Uint8Array[] = [];
        let position = 0;
        for (const cut of cuts) {
          parts.push(bytes.subarray(position, position + cut));
          position += cut;
        }
        parts.push(bytes.subarray(position));
        expect(verdict(...parts)).toEqual(verdict(bytes));
      },
    ),
    { numRuns: 1000 },
  );
});

test("no single changed byte goes unnoticed", () => {
  const picture = samplePng();
  for (let position = 0; position < picture.length; position++) {
    const changed = Buffer.from(picture);
    changed.writeUInt8(changed.readUInt8(position) ^ 0xff, position);
    expect(verdict(changed).valid).toBe(false);
  }
});

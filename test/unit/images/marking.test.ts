import { createCanvas } from "@napi-rs/canvas";
import ExifReader from "exifreader";
import { describe, expect, test } from "vitest";
import { markPng } from "../../../lambdas/images/marking.ts";
import { pixelsOf } from "../../support/pixels.ts";
import { chunk, header, SIGNATURE, samplePng } from "./sample-png.ts";

const mark = { generationId: "gen_0", model: "qwen-image-max", createdAt: "2026-11-24T12:00:00.000Z" };
const TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

/** A real picture in colour. */
function painting(): Buffer {
  const canvas = createCanvas(31, 17);
  const context = canvas.getContext("2d");
  context.fillStyle = "#c04020";
  context.fillRect(3, 2, 20, 11);
  return canvas.toBuffer("image/png");
}

function marked(file: Buffer): Buffer {
  const result = markPng(file, mark);
  if (result.kind !== "marked") throw new Error(result.reason);
  return result.bytes;
}

/** A chunk that holds an XMP packet, uncompressed unless told. */
const xmp = (packet: string | Buffer, compressed = 0) =>
  chunk(
    "iTXt",
    Buffer.concat([
      Buffer.from(`XML:com.adobe.xmp\0${String.fromCharCode(compressed)}\0\0\0`, "latin1"),
      typeof packet === "string" ? Buffer.from(packet) : packet,
    ]),
  );
const rdf = (inner: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${inner}</rdf:RDF></x:xmpmeta>`;
const withChunk = (inserted: Buffer) => {
  const file = painting();
  return Buffer.concat([file.subarray(0, 33), inserted, file.subarray(33)]);
};

describe("a marked picture", () => {
  test("says to another maker's reader that it was generated, by what, when and as which generation", () => {
    const tags = ExifReader.load(marked(painting()));
    expect(tags["DigitalSourceType"]?.value).toBe(TYPE);
    expect(tags["CreatorTool"]?.value).toBe("qwen-image-max");
    expect(tags["CreateDate"]?.value).toBe(mark.createdAt);
    expect(tags["identifier"]?.value).toBe("gen_0");
  });

  test("has the same pixels", async () => {
    expect(await pixelsOf(marked(painting()))).toEqual(await pixelsOf(painting()));
  });

  test("is the same file each time", () => {
    expect(marked(painting())).toEqual(marked(painting()));
  });

  test("keeps every other chunk, in its order", () => {
    const text = chunk("tEXt", Buffer.from("Comment\0kept"));
    const file = Buffer.concat([SIGNATURE, header(4, 3), text, samplePng().subarray(33)]);
    const bytes = marked(file);
    const added = bytes.length - file.length;
    expect(Buffer.concat([bytes.subarray(0, 33), bytes.subarray(33 + added)])).toEqual(file);
    expect(bytes.toString("latin1", 37, 41)).toBe("iTXt");
  });

  test("keeps what its own XMP packet says, in the one packet that a file may have", () => {
    const own = rdf(
      '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Label="theirs"/>',
    );
    const bytes = marked(withChunk(xmp(own)));
    const tags = ExifReader.load(bytes);
    expect(tags["DigitalSourceType"]?.value).toBe(TYPE);
    expect(tags["Label"]?.value).toBe("theirs");
    expect(bytes.toString("latin1").split("XML:com.adobe.xmp")).toHaveLength(2);
  });

  test("leaves what its own packet says of its making, and says nothing of it a second time", () => {
    const own = rdf(
      '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="theirs"/>',
    );
    const bytes = marked(withChunk(xmp(own)));
    expect(ExifReader.load(bytes)["CreatorTool"]?.value).toBe("theirs");
    expect(bytes.toString("latin1").split("CreatorTool")).toHaveLength(2);
    expect(ExifReader.load(bytes)["identifier"]?.value).toBe("gen_0");
  });
});

test.each([
  ["is signed", withChunk(chunk("caBX", Buffer.from("jumb"))), "signed"],
  [
    "names a source type of its own",
    withChunk(xmp(rdf('<rdf:Description Iptc4xmpExt:DigitalSourceType="other"/>'))),
    "own_source_type",
  ],
  ["has metadata that cannot be read", withChunk(xmp("compressed", 1)), "unreadable_metadata"],
  [
    "has metadata that is no UTF-8",
    withChunk(xmp(Buffer.from(rdf("\xe9"), "latin1"))),
    "unreadable_metadata",
  ],
  ["is no PNG", Buffer.from("GIF89a"), "no_png"],
  ["ends within a chunk", painting().subarray(0, 60), "no_png"],
])("a file that %s is kept byte for byte", (_, file, reason) => {
  expect(markPng(file, mark)).toEqual({ kind: "untouched", reason });
});

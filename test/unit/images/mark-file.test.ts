import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DownloadedImage } from "../../../lambdas/images/download.ts";
import type { ImageType } from "../../../lambdas/images/image-type.ts";
import { type MarkedImage, markFile } from "../../../lambdas/images/mark-file.ts";
import { spool } from "../../../lambdas/images/spool.ts";
import { chunk, samplePng } from "./sample-png.ts";

const mark = { generationId: "gen_0", model: "qwen-image-max", createdAt: "2026-11-24T12:00:00.000Z" };
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "mark-file-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function fetched(bytes: Buffer, contentType: ImageType): Promise<DownloadedImage> {
  const file = await spool(Readable.from([bytes]), { directory, maxBytes: bytes.length });
  return { ...file, kind: "downloaded", contentType, width: 4, height: 3 };
}

/** A picture with a chunk of its own after the header. */
function pngWith(extra: Buffer): Buffer {
  const png = samplePng();
  return Buffer.concat([png.subarray(0, 33), extra, png.subarray(33)]);
}

describe("a file on its way to the bucket", () => {
  test("is marked in a file of its own, whose hash is of what is stored", async () => {
    const came = await fetched(samplePng(), "image/png");
    const marked = await markFile(came, "iptc", mark);
    const stored = await readFile(marked.path);
    expect(marked).toMatchObject({
      marked: ["iptc"],
      warning: null,
      bytes: stored.length,
      sha256: createHash("sha256").update(stored).digest("hex"),
      sourceSha256: came.sha256,
      width: 4,
      height: 3,
    });
    expect(await readFile(came.path)).toEqual(samplePng());
    expect(stored.toString("latin1")).toContain("trainedAlgorithmicMedia");
  });

  test("gives the same bytes when it is marked again, as a resumed store does", async () => {
    const came = await fetched(samplePng(), "image/png");
    const [one, other] = [await markFile(came, "iptc", mark), await markFile(came, "iptc", mark)];
    expect(one.path).not.toBe(other.path);
    expect(one.sha256).toBe(other.sha256);
  });

  const notMarked: [string, Buffer, ImageType, string | null][] = [
    ["a JPEG", Buffer.from("jpeg"), "image/jpeg", "The picture is no PNG"],
    ["a WebP", Buffer.from("webp"), "image/webp", "The picture is no PNG"],
    ["a signed picture", pngWith(chunk("caBX", Buffer.from("signed"))), "image/png", null],
  ];
  test.each(notMarked)("is kept byte for byte: %s", async (_, bytes, type, warning) => {
    const came = await fetched(bytes, type);
    expectAsItCame(await markFile(came, "iptc", mark), came, warning);
  });

  test("is kept byte for byte where no marks are wanted, without a word", async () => {
    const came = await fetched(samplePng(), "image/png");
    expectAsItCame(await markFile(came, "none", mark), came, null);
  });
});

function expectAsItCame(kept: MarkedImage, came: DownloadedImage, warning: string | null): void {
  expect(kept).toMatchObject({ path: came.path, marked: [], sha256: came.sha256, sourceSha256: came.sha256 });
  if (warning === null) expect(kept.warning).toBeNull();
  else expect(kept.warning).toContain(warning);
}

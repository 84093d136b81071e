import { describe, expect, test } from "vitest";
import { DigestingMeter, verifyIntegrity } from "../../../lambdas/images/integrity.ts";

describe("what the storage says of its bytes", () => {
  const received = () => {
    const meter = new DigestingMeter();
    meter.update(Buffer.from("123456789"));
    return meter.digests();
  };
  const md5 = "25f9e794323b453885f5181f1b624d0b";
  const otherMd5 = "00000000000000000000000000000000";

  test.each([
    ["nothing", {}, { intact: true, proven: false }],
    ["a length", { "content-length": "9" }, { intact: true, proven: true }],
    ["a CRC", { "x-oss-hash-crc64ecma": "11051210869376104954" }, { intact: true, proven: true }],
    ["an MD5", { "content-md5": "JfnnlDI7RTiF9RgfG2JNCw==" }, { intact: true, proven: true }],
    ["an ETag", { etag: `"${md5.toUpperCase()}"` }, { intact: true, proven: true }],
    [
      "an ETag of a simple upload",
      { etag: md5, "x-oss-object-type": "Normal" },
      { intact: true, proven: true },
    ],
    [
      "another length",
      { "content-length": "10" },
      { intact: false, detail: "Content-Length does not match" },
    ],
    [
      "another CRC",
      { "x-oss-hash-crc64ecma": "1" },
      { intact: false, detail: "x-oss-hash-crc64ecma does not match" },
    ],
    [
      "another MD5",
      { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" },
      { intact: false, detail: "Content-MD5 does not match" },
    ],
    ["another ETag", { etag: `"${otherMd5}"` }, { intact: false, detail: "ETag does not match" }],
    ["an ETag of parts", { etag: `"${otherMd5}-3"` }, { intact: true, proven: false }],
    ["a weak ETag", { etag: `W/"${otherMd5}"` }, { intact: true, proven: false }],
    [
      "an ETag of an appended object",
      { etag: otherMd5, "x-oss-object-type": "Appendable" },
      { intact: true, proven: false },
    ],
    [
      "an ETag under KMS",
      { etag: otherMd5, "x-oss-server-side-encryption": "KMS" },
      { intact: true, proven: false },
    ],
    ["an MD5 in hex", { "content-md5": otherMd5 }, { intact: true, proven: false }],
    [
      "one good and one bad",
      { etag: md5, "x-oss-hash-crc64ecma": "7" },
      { intact: false, detail: "x-oss-hash-crc64ecma does not match" },
    ],
  ])("%s", (_name, headers, verdict) => {
    expect(verifyIntegrity(headers, received())).toEqual(verdict);
  });
});

import { describe, expect, test } from "vitest";
import { Crc64 } from "../../../../lambdas/images/crc64.ts";
import { DigestingMeter, verifyIntegrity } from "../../../../lambdas/images/integrity.ts";
import { safeText } from "../../../../lambdas/platform/safe-text.ts";
import {
  defaultBaseUrl,
  dimensionsOf,
  isModelName,
  modelFacts,
  modelsOf,
} from "../../../../lambdas/providers/dashscope/models.ts";
import { retryAfterSeconds } from "../../../../lambdas/providers/dashscope/retry-after.ts";
import { sourceExpiry } from "../../../../lambdas/providers/dashscope/source-expiry.ts";

const now = new Date("2026-06-11T10:00:00Z");

describe("models", () => {
  test("Singapore is paid in dollars, Beijing in yuan", () => {
    expect(modelFacts("sg", "qwen-image-max").price).toEqual({ cost: "0.075", currency: "USD" });
    expect(modelFacts("bj", "qwen-image-max").price).toEqual({ cost: "0.50", currency: "CNY" });
  });

  test("both regions know the model and its snapshot", () => {
    for (const region of ["sg", "bj"] as const) {
      expect(modelsOf(region).map(({ model }) => model)).toEqual([
        "qwen-image-max",
        "qwen-image-max-2025-12-30",
      ]);
      for (const facts of modelsOf(region)) {
        expect(facts).toMatchObject({
          region,
          n: 1,
          promptLimit: 800,
          negativePromptLimit: 500,
          requestsPerMinute: 2,
          status: "legacy",
        });
        expect(facts.sizes.map(dimensionsOf)).toEqual([
          { width: 1664, height: 928 },
          { width: 1472, height: 1104 },
          { width: 1328, height: 1328 },
          { width: 1104, height: 1472 },
          { width: 928, height: 1664 },
        ]);
        expect(facts.defaultSize).toBe("1664*928");
      }
    }
  });

  test("each region has its own address", () => {
    expect(defaultBaseUrl("sg")).toBe("https://dashscope-intl.aliyuncs.com");
    expect(defaultBaseUrl("bj")).toBe("https://dashscope.aliyuncs.com");
  });

  test("other names are no models", () => {
    expect(isModelName("qwen-image-plus")).toBe(false);
    expect(isModelName("toString")).toBe(false);
  });
});

describe("when a source dies", () => {
  test.each([
    ["no signature", "https://h/a.png", "2026-06-12T10:00:00Z"],
    ["a signature of an hour", "https://h/a.png?Expires=1781175600", "2026-06-11T11:00:00Z"],
    ["a signature of seven days", "https://h/a.png?Expires=1781776800", "2026-06-12T10:00:00Z"],
    ["a lifetime in place of an end", "https://h/a.png?Expires=3600", "2026-06-11T11:00:00Z"],
    ["version 4", "https://h/a.png?x-oss-date=20260611T093000Z&x-oss-expires=3600", "2026-06-11T10:30:00Z"],
    ["version 4 without its date", "https://h/a.png?x-oss-expires=3600", "2026-06-12T10:00:00Z"],
    [
      "an impossible date",
      "https://h/a.png?x-oss-date=20261399T093000Z&x-oss-expires=1",
      "2026-06-12T10:00:00Z",
    ],
    ["nonsense", "https://h/a.png?Expires=soon", "2026-06-12T10:00:00Z"],
  ])("%s", (_name, url, expected) => {
    expect(sourceExpiry(url, now)).toEqual(new Date(expected));
  });
});

describe("Retry-After", () => {
  test.each([
    ["0", 0],
    ["41", 41],
    ["300", 300],
    ["1849295", 300],
    ["999999999", 300],
    ["Fri, 12 Jun 2026 10:00:00 GMT", 300],
    ["Thu, 11 Jun 2026 10:00:30 GMT", 30],
    ["Thu, 11 Jun 2026 09:00:00 GMT", 0],
    ["-1", null],
    ["1.5", null],
    ["soon", null],
    ["", null],
    [undefined, null],
  ])("%s is %s", (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});

describe("text of the provider", () => {
  test.each([
    ["a plain sentence. Is 1 < 2?", "a plain sentence. Is 1 < 2?"],
    ["get https://h.example/a.png?Signature=abc&x=1 now", "get https://h.example/a.png now"],
    ["/a.png?OSSAccessKeyId=abc&Signature=def", "/a.png"],
    ["key sk-0123456789abcdef wrong", "key [redacted] wrong"],
    ["key sk-abc***xyz wrong", "key [redacted] wrong"],
    ["LTAI5tAbCdEfGh", "[redacted]"],
    ["Authorization: Bearer abc.def", "Authorization: [redacted]"],
    ["token 0123456789abcdef0123456789abcdef!", "token [redacted]!"],
    ["my-own-key", "[redacted]"],
    ["two\r\nlines\u0000", "two lines"],
    ["提示词不合规", "提示词不合规"],
  ])("%j becomes %j", (text, safe) => {
    expect(safeText(text, 500, ["my-own-key"])).toBe(safe);
  });

  test("is capped, and fast on whatever length", () => {
    const started = performance.now();
    expect(safeText("http://".repeat(150_000)).length).toBeLessThanOrEqual(500);
    expect(safeText("🦊".repeat(400), 499).isWellFormed()).toBe(true);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe("CRC-64", () => {
  test("is the one of OSS", () => {
    const crc = new Crc64();
    crc.update(Buffer.from("123456789"));
    expect(crc.digest()).toBe("11051210869376104954");
    expect(new Crc64().digest()).toBe("0");
  });

  test("does not depend on the cut, and takes 32 MiB in less than a second", () => {
    const bytes = Buffer.alloc(32 * 1024 * 1024, "0123456789abcdef!");
    const whole = new Crc64();
    const started = performance.now();
    whole.update(bytes);
    expect(performance.now() - started).toBeLessThan(1000);
    const parts = new Crc64();
    parts.update(bytes.subarray(0, 1_234_567));
    parts.update(bytes.subarray(1_234_567));
    expect(parts.digest()).toBe(whole.digest());
  });
});

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

import { describe, expect, test } from "vitest";
import { Crc64 } from "../../../lambdas/images/crc64.ts";

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

import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createObjectAddresses } from "../../../lambdas/platform/object-addresses.ts";

const NOON = Date.UTC(2026, 10, 28, 12);
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "a+b/c=" };
const COMMANDS = { GET: GetObjectCommand, HEAD: HeadObjectCommand } as const;

beforeEach(() => void vi.useFakeTimers({ now: NOON, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** Where an address leads, and what its signature covers. */
function said(url: string) {
  const { origin, pathname, searchParams } = new URL(url);
  return { origin, pathname, signed: Object.fromEntries(searchParams) };
}

describe("an object's address", () => {
  test.each([
    ["us-east-1", undefined],
    ["eu-central-1", undefined],
    ["ap-southeast-1", undefined],
    ["us-gov-west-1", undefined],
    ["cn-north-1", undefined],
    ["eu-isoe-west-1", undefined],
    ["us-east-1", "http://127.0.0.1:4566"],
    ["us-east-1", "http://127.0.0.1:4566/"],
    ["us-east-1", "https://10.0.0.1/s3"],
  ])("is the one that S3's own client signs, in %s at %s", async (region, endpoint) => {
    const client = new S3Client({ region, credentials, ...(endpoint !== undefined && { endpoint }) });
    const addresses = createObjectAddresses({ region, endpoint, credentials, now: () => NOON });
    const key = fc.stringMatching(/^[\w][ -~äß狐/]{0,40}[\w]$/);
    await fc.assert(
      fc.asyncProperty(key, fc.constantFrom("GET", "HEAD"), async (Key, method) => {
        fc.pre(!Key.includes("//") && !Key.split("/").some((part) => part === "." || part === ".."));
        const request = { bucket: "a-bucket", key: Key, seconds: 900 } as const;
        const { url, expiresAt } = await addresses.sign({ method, ...request });
        const command = new COMMANDS[method]({ Bucket: request.bucket, Key });
        const theirs = said(await getSignedUrl(client, command, { expiresIn: 900 }));
        // The SDK's own marks of a command, which S3 does not ask for.
        const { "x-id": _, "x-amz-checksum-mode": __, ...asked } = theirs.signed;
        const ours = said(url);
        expect({ ...ours, signed: Object.keys(ours.signed).toSorted() }).toEqual({
          ...theirs,
          signed: Object.keys(asked).toSorted(),
        });
        expect(expiresAt).toBe("2026-11-28T12:15:00.000Z");
      }),
      { numRuns: 30 },
    );
  });

  test("has the very signature of the SDK, where that adds no mark of its own", async () => {
    const client = new S3Client({
      region: "eu-central-1",
      credentials,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
    const addresses = createObjectAddresses({
      region: "eu-central-1",
      endpoint: undefined,
      credentials,
      now: () => NOON,
    });
    const { url } = await addresses.sign({
      method: "PUT",
      bucket: "a-bucket",
      key: "manifests/shop/a b.csv",
      seconds: 900,
      headers: { "content-length": "7" },
    });
    const command = new PutObjectCommand({
      Bucket: "a-bucket",
      Key: "manifests/shop/a b.csv",
      ContentLength: 7,
    });
    // A PUT's mark, `x-id`, is taken out before the SDK signs.
    command.middlewareStack.add(
      (next) => (args) => {
        delete (args.request as { query: Record<string, string> }).query["x-id"];
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    expect(said(url)).toEqual(said(await getSignedUrl(client, command, { expiresIn: 900 })));
  });
});

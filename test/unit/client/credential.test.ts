import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { credentialFor, refuseUnlessKeys } from "../../../bin/client/credential.ts";
import { signerFor } from "../../../bin/client/signature.ts";
import { ImageService } from "../../../bin/sdk/client.ts";
import { environmentNamed } from "../../../lib/config.ts";

const withKeys = environmentNamed("dev", {});
const withIam = { ...withKeys, authentication: "iam" } as const;

const fetched = vi.fn<typeof fetch>();
beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});

describe("an environment with keys", () => {
  test("is asked with the key given, or not at all", () => {
    expect(credentialFor(withKeys, "aik_1")).toEqual({ key: "aik_1" });
    for (const none of ["", undefined])
      expect(() => credentialFor(withKeys, none)).toThrow(
        /set IMAGE_SERVICE_API_KEY\. npm run keys -- create/,
      );
    expect(() => refuseUnlessKeys(withKeys)).not.toThrow();
  });
});

describe("an environment with IAM", () => {
  test("has no keys to make", () => {
    expect(() => refuseUnlessKeys(withIam)).toThrow(/takes signatures and no keys: .*execute-api:Invoke/);
  });

  test("is asked with a signature of the shell's credentials, made anew for every try, and never with a key", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-28T12:00:00Z") });
    fetched.mockImplementationOnce(async () => {
      vi.setSystemTime(Date.parse("2026-11-28T12:10:00Z"));
      return new Response("", { status: 500 });
    });
    fetched.mockResolvedValueOnce(Response.json({ object: "generation" }));
    const url = "https://a.execute-api.us-east-1.amazonaws.com/v1";
    await new ImageService({ url, ...credentialFor(withIam, "aik_1") }).create({ prompt: "a fox" });

    const sent = fetched.mock.calls.map(([, init]) => new Headers(init?.headers));
    expect(sent.map((headers) => headers.get("x-amz-date"))).toEqual([
      "20261128T120000Z",
      "20261128T121000Z",
    ]);
    for (const headers of sent)
      expect(headers.get("authorization")).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261128\/us-east-1\/execute-api\/aws4_request, /,
      );
    expect(JSON.stringify(fetched.mock.calls)).not.toContain("aik_1");
  });

  test("gets the signature that Amazon's botocore 1.43 makes of the same request", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-28T12:00:00Z") });
    const { config } = new CloudFormationClient({
      region: "us-east-1",
      credentials: {
        accessKeyId: "AKIDEXAMPLE",
        // The example of AWS's own documentation.
        secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        sessionToken: "token",
      },
    });
    const headers = await signerFor(config)({
      method: "POST",
      url: "https://abc123.execute-api.us-east-1.amazonaws.com/v1/generations?status=queued&after=a%2Bb%20c",
      headers: { "content-type": "application/json", "idempotency-key": "order 1" },
      body: '{"prompt":"a fox"}',
    });
    expect(headers["authorization"]).toBe(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261128/us-east-1/execute-api/aws4_request, " +
        "SignedHeaders=content-type;host;idempotency-key;x-amz-content-sha256;x-amz-date;x-amz-security-token, " +
        "Signature=ecf42437b1bd9f132f17e2f5a42818c7174de0e1c8cf5a09dcec9668143f06c2",
    );
  });
});

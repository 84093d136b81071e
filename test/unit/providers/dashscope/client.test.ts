import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDashScopeClient } from "../../../../lambdas/providers/dashscope/client.ts";
import type { PaintRequest } from "../../../../lambdas/providers/port.ts";
import { type Answering, answering, recorded } from "./recorded.ts";

const now = new Date("2026-06-11T10:00:00Z");
const apiKey = "sk-test-0123456789";
const fox: PaintRequest = {
  model: "qwen-image-max",
  prompt: "a red fox 🦊",
  negative_prompt: "blurry",
  size: "1664*928",
  n: 1,
  seed: 7,
  prompt_extend: true,
  watermark: false,
};

async function submit(answer: Answering, request = fox) {
  const { transport, asked } = answering(answer);
  const client = createDashScopeClient({
    baseUrl: "https://provider.example/",
    readTimeoutMs: 305_000,
    transport,
    now: () => now,
  });
  return { submission: await client.submit(request, { apiKey }), asked };
}

const json = (status: number, body: unknown): Answering => ({ status, text: JSON.stringify(body) });
const painted = (image: unknown) => ({
  output: { choices: [{ message: { content: [{ image }] } }] },
  request_id: "r",
});

describe("what is sent", () => {
  test("one POST with the body of the provider's reference", async () => {
    const { asked } = await submit(recorded("accepted"));
    expect(asked).toHaveLength(1);
    const [request] = asked;
    expect(request?.method).toBe("POST");
    expect(request?.url.href).toBe(
      "https://provider.example/api/v1/services/aigc/multimodal-generation/generation",
    );
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(request?.body ?? "")),
    });
    expect(request?.readTimeoutMs).toBe(305_000);
    expect(JSON.parse(request?.body ?? "")).toEqual({
      model: "qwen-image-max",
      input: { messages: [{ role: "user", content: [{ text: "a red fox 🦊" }] }] },
      parameters: {
        negative_prompt: "blurry",
        size: "1664*928",
        n: 1,
        prompt_extend: true,
        watermark: false,
        seed: 7,
      },
    });
  });

  test("no negative prompt sends none, and a long prompt goes whole", async () => {
    const { asked } = await submit(recorded("accepted"), {
      ...fox,
      negative_prompt: null,
      prompt: "x".repeat(8000),
    });
    const body = JSON.parse(asked[0]?.body ?? "");
    expect(body.parameters).not.toHaveProperty("negative_prompt");
    expect(body.input.messages[0].content[0].text).toHaveLength(8000);
  });

  test("a base URL keeps its path", async () => {
    const { transport, asked } = answering(recorded("accepted"));
    const client = createDashScopeClient({
      baseUrl: "http://127.0.0.1:9/proxy",
      readTimeoutMs: 1000,
      transport,
    });
    await client.submit(fox, { apiKey });
    expect(asked[0]?.target).toBe("/proxy/api/v1/services/aigc/multimodal-generation/generation");
  });

  test.each(["", "sk-test\n", "sk test", "schlüssel"])(
    "a key that is no header value is not sent: %j",
    async (bad) => {
      const { transport, asked } = answering(recorded("accepted"));
      const client = createDashScopeClient({
        baseUrl: "https://provider.example",
        readTimeoutMs: 1000,
        transport,
      });
      expect(await client.submit(fox, { apiKey: bad })).toMatchObject({
        outcome: "rejected",
        problem: "provider_misconfigured",
        operatorFault: "key",
        sent: false,
      });
      expect(asked).toHaveLength(0);
    },
  );
});

describe("recorded answers", () => {
  test("a picture", async () => {
    const { submission } = await submit(recorded("accepted"));
    expect(submission).toEqual({
      outcome: "accepted",
      requestId: "5f1a0a4c-9f2e-4f63-8f5b-0a6f6f2f6d11",
      sourceUrl:
        "https://dashscope-7c2c.oss-cn-shanghai.aliyuncs.com/7d/20260611/6a1b/out.png?Expires=1781760000&OSSAccessKeyId=LTAIexample&Signature=aB%2Bc%2Fd%3D",
      sourceUrls: [expect.any(String)],
      inline: null,
      sourceExpiresAt: new Date("2026-06-12T10:00:00Z"),
      width: 1664,
      height: 928,
    });
  });

  test("a picture in the newer shape: later part, http address, other usage, empty code", async () => {
    const { submission } = await submit(recorded("accepted-newer-shape"));
    expect(submission).toMatchObject({
      outcome: "accepted",
      sourceUrl:
        "http://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com/out.png?x-oss-date=20260611T100000Z&x-oss-expires=3600&x-oss-signature=ab%2F'c",
      sourceExpiresAt: new Date("2026-06-11T11:00:00Z"),
      width: 928,
      height: 1664,
    });
  });

  test("a refusal by moderation, told without the query of an address", async () => {
    const { submission } = await submit(recorded("content-refused"));
    expect(submission).toEqual({
      outcome: "rejected",
      problem: "content_rejected",
      retry: "never",
      fault: "content",
      provider: {
        code: "DataInspectionFailed",
        message: "Input data may contain inappropriate content. See https://help.aliyun.com/page",
        requestId: "0b6fd1ae-52c3-4d7d-9c67-9d2f5c0e9a77",
        status: 400,
      },
      retryAfterSeconds: null,
      sent: true,
    });
  });

  test("an error inside HTTP 200", async () => {
    const { submission } = await submit(recorded("error-in-success"));
    expect(submission).toMatchObject({ outcome: "rejected", problem: "provider_rejected", sent: true });
  });

  test("a throttle that names its wait", async () => {
    const { submission } = await submit(recorded("throttled"));
    expect(submission).toMatchObject({ problem: "provider_throttled", retryAfterSeconds: 41 });
  });

  test("the shape of the OpenAI-compatible side, without the key in its message", async () => {
    const { submission } = await submit(recorded("compatible-key-refused"));
    expect(submission).toMatchObject({ problem: "provider_misconfigured", operatorFault: "key" });
    expect(JSON.stringify(submission)).not.toContain("sk-1234567890abcdef");
  });

  test("a gateway's page is an unknown outcome", async () => {
    const { submission } = await submit(recorded("gateway-page"));
    expect(submission).toMatchObject({ outcome: "unknown", detail: "answer 502 without readable JSON" });
  });
});

test("a code of the OpenAI-compatible side goes before the status", async () => {
  const { submission } = await submit(json(400, { error: { code: "Arrearage", message: "overdue" } }));
  expect(submission).toMatchObject({ operatorFault: "money", provider: { message: "overdue" } });
});

describe("doubtful answers", () => {
  const choices = [{ message: { content: [{ text: "no image" }] } }];
  test.each<[string, Answering, string]>([
    ["200 that is empty", { status: 200, text: "" }, "unknown"],
    ["200 that is cut off", { status: 200, text: '{"output":{"choices":[{"mess' }, "unknown"],
    ["200 that is HTML", { status: 200, text: "<html>" }, "unknown"],
    ["200 that is null", json(200, null), "unknown"],
    ["200 that is a list", json(200, []), "unknown"],
    ["200 without an image", json(200, { output: { choices }, request_id: "r" }), "unknown"],
    ["200 with an image that is no address", json(200, painted("out.png")), "unknown"],
    ["200 with an image of another scheme", json(200, painted("data:image/png;base64,AA")), "unknown"],
    [
      "200 with choices, no image and a retryable code",
      json(200, { code: "InternalError", output: { choices } }),
      "unknown",
    ],
    ["200 with a code and an empty output", json(200, { code: "InternalError", output: {} }), "rejected"],
    ["200 with a code and a null output", json(200, { code: "InternalError", output: null }), "rejected"],
    [
      "200 with an image and a code",
      json(200, { ...painted("https://x.example/a.png"), code: "Odd" }),
      "accepted",
    ],
    [
      "200 behind a byte order mark",
      { status: 200, text: `\ufeff${JSON.stringify(painted("https://x.example/a"))}` },
      "accepted",
    ],
    ["a redirect", { status: 302, headers: { location: "https://evil.example" }, text: "" }, "unknown"],
    ["400 that is not JSON", { status: 400, text: "<html>" }, "rejected"],
    ["429 that is not JSON", { status: 429, text: "" }, "rejected"],
    ["500 that is not JSON", { status: 500, text: "oops" }, "unknown"],
    ["503 with a known code", json(503, { code: "ModelUnavailable" }), "rejected"],
    ["504 with a known code", json(504, { code: "InternalError.Timeout" }), "unknown"],
  ])("%s", async (_name, answer, outcome) => {
    const { submission } = await submit(answer);
    expect(submission.outcome).toBe(outcome);
  });

  test("a body that breaks off after its JSON still saves the paid image", async () => {
    const client = createDashScopeClient({
      baseUrl: "https://provider.example",
      readTimeoutMs: 1000,
      transport: async () => ({
        answered: true,
        status: 200,
        headers: {},
        body: (async function* () {
          yield Buffer.from(JSON.stringify(painted("https://x.example/a.png")));
          throw new Error("reset");
        })(),
        close: () => {},
      }),
    });
    expect(await client.submit(fox, { apiKey })).toMatchObject({ outcome: "accepted" });
  });

  test("a transport that throws is an unknown outcome", async () => {
    const client = createDashScopeClient({
      baseUrl: "https://provider.example",
      readTimeoutMs: 1000,
      transport: async () => {
        throw new Error(`with the key ${apiKey}`);
      },
    });
    const submission = await client.submit(fox, { apiKey });
    expect(submission).toMatchObject({ outcome: "unknown", detail: "no answer: Error" });
  });

  test("whatever the answer, there is one of three outcomes, nothing is thrown and no key is told", async () => {
    const bodies = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string(),
      fc
        .record(
          {
            code: fc.oneof(fc.jsonValue(), fc.constantFrom("Throttling", "InternalError", "__proto__")),
            message: fc.oneof(
              fc.jsonValue(),
              fc.string().map((text) => `${apiKey}${text}`),
            ),
            request_id: fc.oneof(fc.jsonValue(), fc.constant(apiKey)),
            output: fc.oneof(
              fc.jsonValue(),
              fc.record({
                choices: fc.array(
                  fc.oneof(fc.jsonValue(), fc.constant(painted("https://h/a?Expires=9e9").output.choices[0])),
                ),
              }),
            ),
            usage: fc.oneof(
              fc.jsonValue(),
              fc.record({ width: fc.jsonValue(), output_height: fc.jsonValue() }),
            ),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 200, max: 599 }),
        bodies,
        fc.string(),
        async (status, text, retryAfter) => {
          const { submission } = await submit({ status, text, headers: { "retry-after": retryAfter } });
          expect(["accepted", "rejected", "unknown"]).toContain(submission.outcome);
          expect(JSON.stringify(submission)).not.toContain(apiKey);
          if (submission.outcome === "accepted") {
            expect(submission.sourceExpiresAt.getTime()).toBeLessThanOrEqual(now.getTime() + 86_400_000);
          } else expect((submission.provider.message ?? "").length).toBeLessThanOrEqual(500);
        },
      ),
      { numRuns: 500 },
    );
  });
});

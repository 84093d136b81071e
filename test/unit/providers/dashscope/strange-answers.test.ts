import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { TransportResult } from "../../../../lambdas/platform/transport.ts";
import { createDashScopeClient } from "../../../../lambdas/providers/dashscope/client.ts";
import type { PaintRequest, Submission } from "../../../../lambdas/providers/port.ts";

// Bodies of many MiB take their time on a busy machine.
vi.setConfig({ testTimeout: 30_000 });

const now = new Date("2026-06-11T10:00:00Z");
const apiKey = "sk-test-0123456789";
const host = "dashscope-7c2c.oss-cn-shanghai.aliyuncs.com";
const address = `https://${host}/7d/20260611/6a1b/out.png?Expires=1781760000&OSSAccessKeyId=LTAIexample&Signature=aB%2Bc%2Fd%3D`;
const second = `https://${host}/7d/20260611/6a1b/second.png?Expires=1781760000&Signature=x`;
const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(3000, 7)]);
const inline = png.toString("base64");
const fox: PaintRequest = {
  model: "qwen-image-max",
  prompt: "a red fox",
  negative_prompt: null,
  size: "1664*928",
  n: 1,
  seed: 7,
  prompt_extend: true,
  watermark: false,
};

interface Given {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string | Uint8Array | readonly Uint8Array[];
  /** The stream breaks after the body. */
  readonly breaks?: boolean;
}

async function submit(given: Given, prompt = fox.prompt): Promise<Submission> {
  const { status = 200, headers = {}, body, breaks = false } = given;
  const chunks = typeof body === "string" || body instanceof Uint8Array ? [Buffer.from(body)] : body;
  const client = createDashScopeClient({
    baseUrl: "https://provider.example",
    readTimeoutMs: 305_000,
    now: () => now,
    transport: async (): Promise<TransportResult> => ({
      answered: true,
      status,
      headers,
      body: (async function* () {
        yield* chunks;
        if (breaks) throw new Error("reset");
      })(),
      close: () => {},
    }),
  });
  return client.submit({ ...fox, prompt }, { apiKey });
}

const content = (parts: unknown, more: object = {}) => ({
  output: { choices: [{ finish_reason: "stop", message: { role: "assistant", content: parts } }] },
  usage: { image_count: 1, width: 1664, height: 928 },
  request_id: "5f1a0a4c",
  ...more,
});
const genuine = JSON.stringify(content([{ image: address }]));
const accepted = { outcome: "accepted", sourceUrl: address, requestId: "5f1a0a4c", width: 1664, height: 928 };

describe("an error status with a picture is a picture", () => {
  test.each([400, 403, 429, 499, 500, 502, 504])("%i", async (status) => {
    const body = JSON.stringify(content([{ image: address }], { code: "InternalError", message: "Sorry." }));
    expect(await submit({ status, body })).toMatchObject(accepted);
  });

  test("500 with results that hold none is an unknown outcome", async () => {
    const body = JSON.stringify(content([{ text: "none" }], { code: "InternalError" }));
    expect(await submit({ status: 500, body })).toMatchObject({ outcome: "unknown" });
  });
});

describe("the picture is found in every place", () => {
  test.each<[string, unknown]>([
    ["content: {image}", content({ image: address })],
    ["content: address", content(address)],
    ["content: [address]", content([address])],
    ["content: markdown", content(`Here: ![fox](${address}).`)],
    ["choices: {…}", { output: { choices: { message: { content: { image: address } } } } }],
    ["image: {url}", content([{ image: { url: address } }])],
    ["image: [url]", content([{ image: [address] }])],
    ["image_url", content([{ image_url: address }])],
    ["image_url: {url}", content([{ type: "image_url", image_url: { url: address } }])],
    ["output.results[].url", { output: { results: [{ url: address }] } }],
    ["output.image_url", { output: { image_url: address } }],
    ["data[].url", { created: 1, data: [{ url: address }] }],
    ["a place that is new", { result: { files: [{ href: address }] } }],
    ["[{…}]", [content([{ image: address }])]],
    ["a text that is JSON", JSON.stringify(JSON.stringify(content([{ image: address }])))],
  ])("%s", async (_name, body) => {
    expect(await submit({ body: JSON.stringify(body) })).toMatchObject({
      outcome: "accepted",
      sourceUrl: address,
    });
  });

  test("several pictures: every address, the first one first", async () => {
    const body = JSON.stringify(content([{ image: address }, { image: second }]));
    expect(await submit({ body })).toMatchObject({ sourceUrl: address, sourceUrls: [address, second] });
  });

  test("an unknown host at a known place is accepted, and waits for the operator", async () => {
    const body = JSON.stringify(content([{ image: "https://new.example/a.png" }]));
    expect(await submit({ body })).toMatchObject({ sourceUrl: "https://new.example/a.png" });
  });
});

describe("the address is understood however it is written", () => {
  test.each([
    ["&amp;", address.replaceAll("&", "&amp;")],
    ["&amp; in JSON that is escaped twice", address.replaceAll("&", "\\u0026")],
    ["//host", address.replace("https:", "")],
  ])("%s", async (_name, written) => {
    expect(await submit({ body: JSON.stringify(content([{ image: written }])) })).toMatchObject(accepted);
    expect(await submit({ body: `${JSON.stringify({ new_place: written })}` })).toMatchObject({
      sourceUrl: address,
    });
  });

  test("a plain http address stays as it was sent: the download asks it by https", async () => {
    const written = address.replace("https:", "http:");
    expect(await submit({ body: JSON.stringify(content([{ image: written }])) })).toMatchObject({
      sourceUrl: written,
    });
  });

  test("a space and letters beyond ASCII stay as they were sent", async () => {
    const written = `https://${host}/狐 狸.png?Expires=1781760000`;
    expect(await submit({ body: JSON.stringify(content([{ image: written }])) })).toMatchObject({
      sourceUrl: written,
    });
    expect(await submit({ body: JSON.stringify({ new_place: written }) })).toMatchObject({
      sourceUrl: written,
    });
  });

  test("an oss:// name is no address: the outcome is unknown, and the answer kept", async () => {
    const body = JSON.stringify(content([{ image: "oss://dashscope-7c2c/7d/out.png" }]));
    expect(await submit({ body })).toMatchObject({ outcome: "unknown", raw: { complete: true } });
  });
});

describe("the framing does not hide the picture", () => {
  const events = [
    "id:1",
    "event:result",
    ":HTTP_STATUS/200",
    `data:${JSON.stringify({ output: { choices: [] }, request_id: "5f1a0a4c" })}`,
    "",
    "id:2",
    `data: ${genuine}`,
    "",
    "data: [DONE]",
    "",
  ];
  const padded = (bytes: number) => JSON.stringify({ pad: "x".repeat(bytes), ...JSON.parse(genuine) });

  test.each<[string, Given]>([
    ["events", { body: events.join("\n") }],
    ["events with CRLF", { body: events.join("\r\n") }],
    ["a byte order mark", { body: `\ufeff${genuine}` }],
    ["two byte order marks", { body: `\ufeff\ufeff${genuine}` }],
    ["NaN", { body: genuine.replace('"image_count":1', '"image_count":NaN') }],
    ["bytes after the JSON", { body: `${genuine}\n\0\0}` }],
    ["gzip", { body: gzipSync(genuine), headers: { "content-encoding": "gzip" } }],
    ["gzip without a header", { body: gzipSync(genuine) }],
    ["gzip that breaks off in its checksum", { body: gzipSync(genuine).subarray(0, -8), breaks: true }],
    ["deflate", { body: deflateSync(genuine), headers: { "content-encoding": "deflate" } }],
    ["raw deflate", { body: deflateRawSync(genuine), headers: { "content-encoding": "deflate" } }],
    ["brotli", { body: brotliCompressSync(genuine), headers: { "content-encoding": "br" } }],
    [
      "a header that says gzip where there is none",
      { body: genuine, headers: { "content-encoding": "gzip" } },
    ],
    ["a list", { body: `[${genuine}]` }],
    ["2 MiB", { body: padded(2 << 20) }],
    ["16 MiB", { body: padded(16 << 20) }],
  ])("%s", async (_name, given) => {
    expect(await submit(given)).toMatchObject(accepted);
  });

  test("numbers written as texts", async () => {
    const body = JSON.stringify(
      content([{ image: address }], { usage: { output_width: "928", output_height: "1664" } }),
    );
    expect(await submit({ body })).toMatchObject({ width: 928, height: 1664 });
  });

  test("JSON that is cut off after the address", async () => {
    const cut = genuine.slice(0, genuine.indexOf(address) + address.length + 1);
    expect(await submit({ body: cut, breaks: true })).toMatchObject({
      outcome: "accepted",
      sourceUrl: address,
    });
  });

  test("an address that is cut off itself is none", async () => {
    const cut = genuine.slice(0, genuine.indexOf(address) + address.length - 3);
    expect(await submit({ body: cut, breaks: true })).toMatchObject({ outcome: "unknown" });
  });

  test("endless bodies are read up to a limit, and searched", async () => {
    const mebibyte = Buffer.alloc(1 << 20, "x");
    const chunks = [Buffer.from(genuine), ...Array.from({ length: 70 }, () => mebibyte)];
    expect(await submit({ body: chunks })).toMatchObject({ outcome: "accepted", sourceUrl: address });
  });

  test.each<[string, string]>([
    ["backslashes", "\\".repeat(8 << 20)],
    ["escapes in a message", `{"message":"${"\\a".repeat(8 << 20)}`],
    ["slashes", "//".repeat(8 << 20)],
    ["deep lists", `{"output":{"choices":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`],
    [
      "deep images",
      JSON.stringify(content([{ image: "@" }])).replace('"@"', `${"[".repeat(5000)}${"]".repeat(5000)}`),
    ],
  ])("%s without a picture are an unknown outcome", async (_name, body) => {
    expect(await submit({ body })).toMatchObject({ outcome: "unknown" });
  });
});

describe("a picture inside its answer", () => {
  const data = `data:image/png;base64,${inline}`;
  test.each<[string, Given]>([
    ["image: data:", { body: JSON.stringify(content([{ image: data }])) }],
    ["image: {url: data:}", { body: JSON.stringify(content([{ image: { url: data } }])) }],
    ["data[].b64_json", { body: JSON.stringify({ data: [{ b64_json: inline }] }) }],
    [
      "an error status",
      { status: 500, body: JSON.stringify({ data: [{ b64_json: inline }], code: "InternalError" }) },
    ],
    ["a new place", { body: JSON.stringify({ picture: inline }) }],
    ["JSON that is cut off after it", { body: `{"image":"${data}","x`, breaks: true }],
    ["slashes that are escaped", { body: JSON.stringify({ picture: data }).replaceAll("/", "\\/") }],
  ])("%s", async (_name, given) => {
    const submission = await submit(given);
    expect(submission).toMatchObject({
      outcome: "accepted",
      sourceUrl: null,
      sourceUrls: [],
      sourceExpiresAt: new Date("2026-06-12T10:00:00Z"),
    });
    expect(
      submission.outcome === "accepted" && submission.inline !== null && png.equals(submission.inline),
    ).toBe(true);
  });

  test("of 32 MiB, which is no JSON that is parsed", async () => {
    const large = Buffer.concat([png, Buffer.alloc(32 << 20, 1)]);
    const submission = await submit({
      body: JSON.stringify({ data: [{ b64_json: large.toString("base64") }] }),
    });
    expect(submission.outcome === "accepted" && submission.inline?.length).toBe(large.length);
  });

  test("half of one is an unknown outcome", async () => {
    expect(await submit({ body: `{"image":"${data.slice(0, -400)}`, breaks: true })).toMatchObject({
      outcome: "unknown",
    });
  });

  test("base64 of something else is none", async () => {
    const body = JSON.stringify({ data: [{ b64_json: Buffer.from("no picture").toString("base64") }] });
    expect(await submit({ body })).toMatchObject({ outcome: "unknown" });
  });
});

describe("what only looks like a picture", () => {
  const link = `https://${host}/help.html`;
  test.each<[string, Given, string]>([
    [
      "a help link",
      { status: 400, body: `{"code":"InvalidParameter","message":"See https://help.aliyun.com/a"}` },
      "rejected",
    ],
    [
      "a link to the storage in the message",
      { status: 400, body: JSON.stringify({ code: "InvalidParameter", message: `See "${link}".` }) },
      "rejected",
    ],
    [
      "the same in the OpenAI shape",
      { status: 400, body: JSON.stringify({ error: { code: "InvalidParameter", message: link } }) },
      "rejected",
    ],
    [
      "the same where the JSON is broken",
      { status: 400, body: `{"message":"See ${link} now","x":NaN}` },
      "rejected",
    ],
    [
      "the same where the message is cut off",
      { status: 400, body: `{"message":"See ${link} now` },
      "rejected",
    ],
    [
      "a link beside an error",
      { status: 400, body: JSON.stringify({ code: "Odd", data: { url: "https://help.aliyun.com" } }) },
      "rejected",
    ],
    [
      "a firewall's page",
      { status: 403, body: `<a href="https://waf.aliyun.com/x.png">blocked</a>` },
      "rejected",
    ],
    ["a host that only resembles", { body: `{"x":"https://${host}.evil.example/a.png"}` }, "unknown"],
    ["a user's name before the host", { body: `{"x":"https://${host}@evil.example/a.png"}` }, "unknown"],
  ])("%s: %s", async (_name, given, outcome) => {
    expect((await submit(given)).outcome).toBe(outcome);
  });

  test.each([address, address.replace("https://", ""), `see "${address}"!`])(
    "an address that the prompt named is no picture when the refusal repeats it: %s",
    async (prompt) => {
      const body = JSON.stringify({
        code: "DataInspectionFailed",
        input: { prompt: `${prompt} ${address}` },
      });
      expect(await submit({ status: 400, body }, prompt)).toMatchObject({ problem: "content_rejected" });
    },
  );

  test("no error with whatever link in its words becomes a picture", async () => {
    const links = fc.oneof(
      fc
        .tuple(fc.constantFrom("https://help.aliyun.com/", `https://${host}/`, "//"), fc.string())
        .map((parts) => parts.join("")),
      fc.constantFrom(link, `http://${host}/a?b=c&amp;d`, `//${host}/x.png`, `![a](${link})`),
    );
    const words = fc.tuple(fc.string(), links, fc.string()).map((parts) => parts.join(" "));
    const codes = fc.constantFrom(
      "InvalidParameter",
      "Arrearage",
      "Throttling",
      "AccessDenied",
      "InternalError",
      "Odd",
    );
    await fc.assert(
      fc.asyncProperty(
        codes,
        words,
        fc.constantFrom(400, 401, 403, 404, 429, 500),
        fc.boolean(),
        async (code, message, status, compatible) => {
          const error = { code, message };
          const body = JSON.stringify(compatible ? { error } : { request_id: "r", ...error });
          expect((await submit({ status, body })).outcome).not.toBe("accepted");
        },
      ),
    );
  });

  test("no wrapping of a genuine answer loses its picture", async () => {
    const wrappings = fc.constantFrom<(body: string) => string>(
      (body) => `[${body}]`,
      (body) => `data:${body}\n\n`,
      (body) => `\ufeff${body}`,
      (body) => `${body}\n\0`,
      (body) => `{"result":${body}}`,
      (body) => `{"x":NaN,"result":${body}}`,
      (body) => `<pre>${body}</pre>`,
      (body) => JSON.stringify(body),
    );
    const squeezing = fc.constantFrom<(body: string) => Uint8Array>(Buffer.from, gzipSync, deflateSync);
    await fc.assert(
      fc.asyncProperty(
        fc.array(wrappings, { maxLength: 2 }),
        squeezing,
        fc.integer({ min: 200, max: 599 }),
        async (wraps, squeeze, status) => {
          const body = squeeze(wraps.reduce((inner, wrap) => wrap(inner), genuine));
          expect(await submit({ status, body })).toMatchObject({ outcome: "accepted", sourceUrl: address });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("an answer that is not understood is kept as it came", () => {
  test("with its status and harmless headers, the start of its bytes and how many there were", async () => {
    const body = Buffer.alloc(300 * 1024, "?");
    const submission = await submit({
      body,
      headers: { "content-type": "text/plain", "x-dashscope-uid": "1000000000000001", "set-cookie": "a=b" },
    });
    expect(submission).toEqual({
      outcome: "unknown",
      detail: "answer 200 without readable JSON",
      provider: { code: null, message: null, requestId: null, status: 200 },
      raw: {
        status: 200,
        headers: { "content-type": "text/plain" },
        body: body.subarray(0, 256 * 1024),
        receivedBytes: body.length,
        complete: true,
      },
    });
  });

  test("without the key, where the answer repeats it", async () => {
    const submission = await submit({ body: `what is ${apiKey} for?` });
    expect(submission.outcome === "unknown" && String(submission.raw?.body)).toBe("what is [redacted] for?");
  });

  test("a used-up plan is money, and stops nobody for its 21 days", async () => {
    const message = "Request failed: 1-month quota has been exhausted.";
    const body = JSON.stringify({ code: "Throttling.AllocationQuota", message });
    expect(await submit({ status: 429, body, headers: { "retry-after": "1849295" } })).toMatchObject({
      operatorFault: "money",
      retryAfterSeconds: 300,
    });
  });
});

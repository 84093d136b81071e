import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { offer } from "../support/generations.ts";
import { sha256Of, unmarked } from "../support/unmarked.ts";
import { callsFor, dimensions, simulator, stack, uniquePrompt, until } from "./harness.ts";

interface Sent {
  readonly retryCount: string | null;
  readonly status: number | null;
  readonly generation: string | null;
}

/** The stock SDK at the service's door; what it sends is noted on the way. */
function sdk(options: ConstructorParameters<typeof OpenAI>[0] = {}): { client: OpenAI; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = new OpenAI({
    baseURL: stack.api_url,
    apiKey: stack.api_key,
    async fetch(input, init) {
      const retryCount = new Headers(init?.headers).get("x-stainless-retry-count");
      const note = (answer?: Response) =>
        sent.push({
          retryCount,
          status: answer?.status ?? null,
          generation: answer?.headers.get("x-generation-id") ?? null,
        });
      try {
        const answer = await fetch(input, init);
        note(answer);
        return answer;
      } catch (error) {
        note();
        throw error;
      }
    },
    ...options,
  });
  return { client, sent };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );

describe("the stock openai package", () => {
  test("gets a picture by its address: the bytes that were painted", async () => {
    const prompt = uniquePrompt();
    const { client, sent } = sdk();
    const { created, data } = await client.images.generate({ model: "qwen-image-max", prompt });

    expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(60);
    const bytes = Buffer.from(await (await fetch(data?.[0]?.url ?? "")).arrayBuffer());
    const calls = await callsFor(prompt);
    expect(calls.map(({ image_sha256 }) => image_sha256)).toEqual([sha256Of(unmarked(bytes))]);
    expect(sent).toEqual([{ retryCount: "0", status: 200, generation: expect.stringMatching(/^gen_/) }]);
  });

  test("gets a picture in base 64: the bytes that were painted", async () => {
    const prompt = uniquePrompt();
    const { data } = await sdk().client.images.generate({
      prompt,
      size: "928x1664" as "1024x1024",
      response_format: "b64_json",
    });

    const bytes = Buffer.from(data?.[0]?.b64_json ?? "", "base64");
    const [painted] = await callsFor(prompt);
    expect(unmarked(bytes).equals(await simulator.image(painted?.image_sha256 ?? ""))).toBe(true);
    expect(dimensions(bytes)).toEqual([928, 1664]);
    expect(data?.[0]).not.toHaveProperty("url");
  });

  test("may say what only OpenAI's models understand", async () => {
    const prompt = uniquePrompt();
    const { data } = await sdk().client.images.generate({
      prompt,
      model: "qwen-image-max",
      n: 1,
      size: "auto",
      quality: "high",
      style: "vivid",
      background: "transparent",
      moderation: "low",
      output_format: "webp",
      output_compression: 50,
      user: "user-1",
    });

    expect(data).toHaveLength(1);
    expect((await callsFor(prompt))[0]?.parameters).toMatchObject({ size: "1664*928" });
  });

  test("throws its own classes for a request that is not valid, and for a wrong key", async () => {
    const { client, sent } = sdk();
    const invalid = await failure(client.images.generate({ prompt: "a fox", size: "1024x1024", n: 3 }));
    expect(invalid).toBeInstanceOf(OpenAI.UnprocessableEntityError);
    expect(invalid).toMatchObject({ status: 422, code: "invalid_request", type: "invalid_request_error" });
    const model = await failure(client.images.generate({ prompt: "a fox", model: "dall-e-3" }));
    expect(model).toMatchObject({ status: 422, param: "model", requestID: expect.stringMatching(/./) });
    expect(sent).toHaveLength(2);

    const stranger = sdk({ apiKey: "aik_wrong" });
    const refused = await failure(stranger.client.images.generate({ prompt: "a fox" }));
    expect(refused).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(refused).toMatchObject({ status: 401, code: "unauthorized", type: "authentication_error" });
    expect(stranger.sent).toHaveLength(1);
  });

  test("throws its own class for refused content, and does not ask again", async () => {
    const prompt = uniquePrompt("[[error:400:DataInspectionFailed:Inappropriate content.]]");
    const { client, sent } = sdk();
    const error = await failure(client.images.generate({ prompt }));

    expect(error).toBeInstanceOf(OpenAI.UnprocessableEntityError);
    expect(error).toMatchObject({ code: "content_rejected", type: "invalid_request_error" });
    expect(sent).toHaveLength(1);
    expect(await callsFor(prompt)).toHaveLength(1);
  });

  test("does not notice that the provider was busy for a moment", async () => {
    const prompt = uniquePrompt("[[fault:throttle-once]]");
    const { client, sent } = sdk();
    const { data } = await client.images.generate({ prompt });

    expect(data).toHaveLength(1);
    expect(sent.map(({ status }) => status)).toEqual([200]);
    expect((await callsFor(prompt)).map(({ outcome }) => outcome)).toEqual(["throttled", "painted"]);
  });

  test("does not repeat what may have been paid", async () => {
    const prompt = uniquePrompt("[[fault:reset]]");
    const { client, sent } = sdk();
    const error = await failure(client.images.generate({ prompt }));

    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 504, code: "upstream_outcome_unknown" });
    expect(sent).toHaveLength(1);
    expect(await callsFor(prompt)).toHaveLength(1);
  });

  test("lists the models", async () => {
    const models = await sdk().client.models.list();
    expect(models.data.map(({ id, object }) => [id, object])).toEqual(
      offer.models.map(({ id }) => [id, "model"]),
    );
  });

  test("has one generation for one idempotency key, whoever sends it when", async () => {
    const prompt = uniquePrompt();
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    const { client, sent } = sdk();
    await Promise.all([
      client.images.generate({ prompt }, { headers }),
      client.images.generate({ prompt }, { headers }),
    ]);
    await client.images.generate({ prompt }, { headers });
    expect(new Set(sent.map(({ generation }) => generation)).size).toBe(1);
    expect(await callsFor(prompt)).toHaveLength(1);

    const error = await failure(client.images.generate({ prompt: uniquePrompt() }, { headers }));
    expect(error).toMatchObject({ status: 422, code: "idempotency_key_reused" });
  });
});

describe("a paint that lasts longer than the SDK's patience", () => {
  /** Painting takes this long; the SDK gives up, or is told to come again, well before. */
  const slow = "[[latency:3500]]";

  test("is joined by its re-sends, when the service knows how patient the SDK is", async () => {
    const prompt = uniquePrompt(slow);
    const { client, sent } = sdk({ maxRetries: 5 });
    const { data } = await client.images.generate({ prompt }, { timeout: 2_000 });

    expect(data?.[0]?.url).toContain(sent[0]?.generation);
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.map(({ status }) => status)).toEqual([...sent.slice(1).map(() => 503), 200]);
    expect(new Set(sent.map(({ generation }) => generation)).size).toBe(1);
    expect(await callsFor(prompt)).toHaveLength(1);
  });

  test("is joined by its re-sends, when the service does not, and the SDK hangs up", async () => {
    const prompt = uniquePrompt(slow);
    const { client, sent } = sdk({ maxRetries: 5, defaultHeaders: { "X-Stainless-Timeout": null } });
    const { data } = await client.images.generate({ prompt }, { timeout: 1_500 });

    expect(data?.[0]?.url).toContain(sent.at(-1)?.generation);
    expect(sent[0]).toEqual({ retryCount: "0", status: null, generation: null });
    expect(await callsFor(prompt)).toHaveLength(1);
  });

  test("is painted once for each request: the same words sent anew are a new picture", async () => {
    const prompt = uniquePrompt();
    const { client, sent } = sdk();
    await client.images.generate({ prompt });
    await client.images.generate({ prompt });

    expect(new Set(sent.map(({ generation }) => generation)).size).toBe(2);
    expect(await callsFor(prompt)).toHaveLength(2);
  });

  test("is painted once for each request, also for two at once: each gets a picture of its own", async () => {
    const prompt = uniquePrompt(slow);
    const { client, sent } = sdk({ maxRetries: 6 });
    const ask = async () => {
      const { data } = await client.images.generate({ prompt }, { timeout: 2_000 });
      return data?.[0]?.url ?? "";
    };
    const urls = await Promise.all([ask(), ask()]);

    expect(sent.filter(({ status }) => status === 503).length).toBeGreaterThanOrEqual(2);
    const generations = new Set(sent.map(({ generation }) => generation));
    expect(generations.size).toBe(2);
    for (const generation of generations) expect(urls.join(" ")).toContain(generation);
    const pictures = await Promise.all(
      urls.map(async (url) => sha256Of(unmarked(Buffer.from(await (await fetch(url)).arrayBuffer())))),
    );
    expect(pictures.sort()).toEqual((await callsFor(prompt)).map(({ image_sha256 }) => image_sha256).sort());
  });

  test("ends as its own class when the SDK has lost patience for good; nothing was painted twice", async () => {
    const prompt = uniquePrompt(slow);
    const { client } = sdk({ maxRetries: 0 });
    const error = await failure(client.images.generate({ prompt }, { timeout: 2_000 }));

    expect(error).toBeInstanceOf(OpenAI.InternalServerError);
    expect(error).toMatchObject({ status: 503, code: "provider_throttled" });
    expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get("x-should-retry")).toBe("true");
    // The generation goes on without the SDK: its call may come after the SDK's end.
    await until("the call", async () => (await callsFor(prompt)).length > 0);
    expect(await callsFor(prompt)).toHaveLength(1);
  });
});

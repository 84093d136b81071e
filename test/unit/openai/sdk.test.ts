import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { offer } from "../../support/generations.ts";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

/** The stock SDK, whose requests go to the API under test instead of a network. */
function sdk(api: ApiUnderTest, lose: (attempt: number) => boolean = () => false): OpenAI {
  let attempt = 0;
  return new OpenAI({
    apiKey: "aik_test",
    baseURL: "https://api.example/v1",
    async fetch(input, init) {
      const url = new URL(String(input));
      const answer = await api.send({
        method: init?.method ?? "GET",
        path: url.pathname.replace("/v1", "") + url.search,
        headers: Object.fromEntries(new Headers(init?.headers)),
        ...(typeof init?.body === "string" && { body: init.body }),
      });
      if (lose(attempt++)) throw new TypeError("fetch failed");
      // The SDK's own pauses between its re-sends are not what is tested here.
      const headers = { ...answer.headers, ...("retry-after" in answer.headers && { "retry-after": "0" }) };
      return new Response(answer.text, { status: answer.status, headers });
    },
  });
}

const theOnly = (api: ApiUnderTest) => [...api.generations.records.keys()][0] ?? "";

describe("the stock openai package", () => {
  test("gets a picture by its address, and one in base 64", async () => {
    const api = apiUnderTest();
    api.meanwhile.push(() => api.succeed(theOnly(api)));
    const { data, created } = await sdk(api).images.generate({ model: "qwen-image-max", prompt: "a fox" });
    expect(data).toEqual([{ url: expect.stringContaining(theOnly(api)) }]);
    expect(created).toBeGreaterThan(0);

    const other = apiUnderTest();
    other.meanwhile.push(() => other.succeed(theOnly(other)));
    const inline = await sdk(other).images.generate({ prompt: "a fox", response_format: "b64_json" });
    expect(inline.data?.[0]?.b64_json).toBe("iVBORw==");
  });

  test("waits for a slow picture with its own re-sends, which start nothing new", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    api.meanwhile.push(...Array.from({ length: 6 }, () => () => {}), () => api.succeed(theOnly(api)));
    const { data } = await sdk(api).images.generate({ prompt: "a fox" });
    expect(data?.[0]?.url).toContain(theOnly(api));
    expect(api.generations.records.size).toBe(1);
    expect(api.signals.map(({ name }) => name)).toContain("ResendsJoined");
  });

  test("gets a picture for each of two identical calls at once, however slow", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    const paintAll = async () => {
      for (const [id, { state }] of api.generations.records) if (state === "queued") await api.succeed(id);
    };
    api.meanwhile.push(...Array.from({ length: 16 }, () => () => {}), paintAll);
    const client = sdk(api);
    const ask = () => client.images.generate({ prompt: "a fox" }, { maxRetries: 5 });
    const urls = (await Promise.all([ask(), ask()])).map(({ data }) => data?.[0]?.url);
    expect(api.generations.records.size).toBe(2);
    for (const id of api.generations.records.keys()) expect(urls.join(" ")).toContain(id);
  });

  test("finds its generation again when an answer is lost on the way", async () => {
    const api = apiUnderTest();
    api.meanwhile.push(() => api.succeed(theOnly(api)));
    await sdk(api, (attempt) => attempt === 0).images.generate({ prompt: "a fox" });
    expect(api.generations.records.size).toBe(1);
  });

  test("throws its own classes for our problems, and repeats none that is final", async () => {
    const refused = apiUnderTest();
    refused.meanwhile.push(() => refused.reject(theOnly(refused)));
    const error = await sdk(refused)
      .images.generate({ prompt: "a fox" })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.UnprocessableEntityError);
    expect(error).toMatchObject({ code: "content_rejected", type: "invalid_request_error" });

    const lost = apiUnderTest();
    lost.meanwhile.push(() => lost.reject(theOnly(lost), "upstream_outcome_unknown"));
    await expect(sdk(lost).images.generate({ prompt: "a fox" })).rejects.toBeInstanceOf(
      OpenAI.InternalServerError,
    );
    expect(lost.signals.filter(({ name }) => name === "ResendsJoined")).toEqual([]);

    const unsized = sdk(apiUnderTest()).images.generate({ prompt: "a fox", size: "1600x900" });
    await expect(unsized).rejects.toMatchObject({ status: 422, param: "size" });
  });

  test("lists the models, and reads one of them", async () => {
    const { models } = sdk(apiUnderTest());
    const { data } = await models.list();
    expect(data.map(({ id }) => id)).toEqual(offer.models.map(({ id }) => id));
    expect(await models.retrieve("qwen-image-max")).toEqual(data[0]);
    await expect(models.retrieve("dall-e-3")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("may send every field that it has", async () => {
    const everything: Required<OpenAI.Images.ImageGenerateParamsNonStreaming> = {
      prompt: "a fox",
      background: "opaque",
      complexity: "low",
      frame_count: 1,
      frame_duration_ms: 40,
      model: "qwen-image-max",
      moderation: "low",
      n: 1,
      output_compression: 80,
      output_format: "webp",
      partial_images: 0,
      quality: "hd",
      response_format: "url",
      safety_identifier: "someone",
      size: "1024x1024",
      stream: false,
      style: "vivid",
      svg: { model: "quiver" },
      user: "someone",
    };
    const api = apiUnderTest();
    api.meanwhile.push(() => api.succeed(theOnly(api)));
    const { response } = await sdk(api).images.generate(everything).withResponse();
    expect(response.status).toBe(200);
    expect(response.headers.get("x-image-size")).toBe("1328x1328");
  });
});

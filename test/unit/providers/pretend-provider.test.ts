import { describe, expect, test } from "vitest";
import type { Generation } from "../../../lambdas/generations/record.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { createPacers } from "../../../lambdas/pacing/pacers.ts";
import { deliver } from "../../../lambdas/painting/turn.ts";
import { offerOf, priceIn } from "../../../lambdas/providers/registry.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";
import { inMemoryTable } from "../../support/in-memory-table.ts";
import { pretendProvider } from "../../support/pretend-provider.ts";
import { picture, workerBench } from "../../support/worker-bench.ts";

/** An environment of a provider that is registered here alone: its API and its worker, over one table. */
function environment() {
  const provider = pretendProvider();
  const offer = offerOf({ name: "pretend", region: "moon" }, [provider]);
  const quotaOf = (model: string) => offer.modelOf(model)?.requestsPerMinute ?? 60;
  const pacerOf = createPacers({
    client: inMemoryTable().client,
    table: "table",
    region: offer.region,
    quotaOf,
    burst: 1,
    now: () => api.clock.now,
    sleep: async () => {},
  });
  const api = apiUnderTest({ offer, quotaOf, pacerOf });
  const client = provider.createClient({ baseUrl: offer.baseUrl, readTimeoutMs: 61_000 });
  const size = (id: string) => api.generations.records.get(id)?.input?.size.split("*").map(Number) ?? [];
  const bench = workerBench({
    generations: api.generations,
    modelOf: offer.modelOf,
    priceOf: (model, size) => priceIn(offer, model, size),
    region: offer.region,
    pacerOf,
    submit: client.submit,
    async download(sourceUrl) {
      const source = provider.resultHosts.check(sourceUrl, { extraHosts: [] });
      if (!source.allowed) return { kind: "unknown_host", host: source.host };
      const [width = 0, height = 0] = size([...api.generations.records.keys()].at(-1) ?? "");
      return { ...picture, width, height };
    },
    now: () => api.clock.now,
    sleep: async (milliseconds) => {
      api.clock.now += milliseconds;
    },
  });
  const create = (body: object) =>
    api.send({ method: "POST", path: "/generations", body, headers: { Prefer: "respond-async" } });
  return { api, provider, create, pacerOf, paint: (id: string) => deliver(id, bench.dependencies) };
}

const prompt = "a fox";

describe("a provider and its models, registered in a test alone", () => {
  test("paint through the real doors, with the defaults and the price of the chosen model", async () => {
    const { api, provider, create, paint } = environment();
    const { status, body } = await create({ prompt, model: "oils" });
    expect(status).toBe(202);
    await paint(body.id);
    const ended = (await api.send({ path: `/generations/${body.id}` })).body;
    expect(ended).toMatchObject({
      status: "succeeded",
      model: "oils",
      image: { width: 300, height: 900 },
      usage: { cost: "5", currency: "MOO", billed: "yes" },
      provider: { region: "moon", request_id: "pretend-1" },
    });
    expect(provider.asked).toEqual([
      {
        apiKey: "first-key",
        request: { model: "oils", ...ended.input, size: "300*900", prompt_extend: false },
      },
    ]);
  });

  test("have the first as default, by its own range of sizes and its own tiers", async () => {
    const { provider, create, paint } = environment();
    const small = (await create({ prompt })).body;
    await paint(small.id);
    const large = (await create({ prompt, size: "1000x1000" })).body;
    await paint(large.id);
    expect(provider.asked.map(({ request }) => [request.model, request.size, request.prompt_extend])).toEqual(
      [
        ["sketch", "640*480", null],
        ["sketch", "1000*1000", null],
      ],
    );
  });

  test("cost what their tier says", async () => {
    const { api, create } = environment();
    for (const size of ["640*480", "1000*1000"]) await create({ prompt, size });
    expect([...api.generations.records.values()].map(({ price }) => price.amount)).toEqual(["0.10", "0.30"]);
  });

  test.each([
    [
      { model: "sketch", negative_prompt: "rain" },
      "negative_prompt",
      "is not a field of sketch; known to oils",
    ],
    [{ model: "sketch", prompt_extend: true }, "prompt_extend", "is not a field of sketch; known to oils"],
    // One fault a field: the model's would say otherwise.
    [{ model: "sketch", prompt_extend: "yes" }, "prompt_extend", "must be true or false"],
    [{ model: "sketch", size: "99*100" }, "size", "must have 10000 to 1000000 pixels for sketch"],
    [{ model: "sketch", size: "1000*200" }, "size", "must not be wider or higher than 4:1 for sketch"],
    [{ model: "sketch", n: 4 }, "n", "must be at most 3 for sketch"],
    [{ model: "oils", n: 2 }, "n", "must be at most 1 for oils"],
    [{ model: "oils", size: "640*480" }, "size", "must be one of 512*512, 300*900 for oils"],
    [{ model: "fresco" }, "model", expect.any(String)],
    [{ model: "qwen-image-max" }, "model", expect.any(String)],
  ])("refuse %o at its place", async (fields, field, detail) => {
    const { create } = environment();
    const { status, body } = await create({ prompt, ...fields });
    expect([status, body.code]).toEqual([422, "invalid_request"]);
    expect(body.errors).toEqual([{ pointer: `#/${field}`, detail }]);
  });

  test("say every fault at once, those of the model too", async () => {
    const { body } = await environment().create({
      prompt: "",
      size: "1*1",
      n: 4,
      negative_prompt: "x",
      colour: 1,
    });
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "#/colour",
      "#/n",
      "#/negative_prompt",
      "#/prompt",
      "#/size",
    ]);
  });

  test("refuse at the OpenAI door by the chosen model too", async () => {
    const body = { prompt, model: "oils", size: "640x480" };
    const answer = await environment().api.send({ method: "POST", path: "/images/generations", body });
    expect([answer.status, answer.body.errors?.[0].pointer]).toEqual([422, "#/size"]);
  });

  test("warn by their own limits", async () => {
    const { create } = environment();
    const { body } = await create({ prompt: "f".repeat(41), negative_prompt: "r".repeat(11), model: "oils" });
    expect(body.warnings).toEqual([
      "prompt has 41 characters; the provider may silently cut it after 40.",
      "negative_prompt has 11 characters; the provider may silently cut it after 10.",
    ]);
    expect((await create({ prompt: "f".repeat(21) })).body.warnings).toEqual([
      "prompt has 21 characters; the provider may silently cut it after 20 tokens.",
    ]);
  });

  test("have each its own pace: one that is used up holds up no other", async () => {
    const { pacerOf, api } = environment();
    expect([pacerOf("sketch").pace, pacerOf("oils").pace]).toEqual([paceOf(30, 1), paceOf(6, 1)]);
    await pacerOf("oils").take(0);
    expect((await pacerOf("oils").status()).nextSlotAt).toBe(api.clock.now + paceOf(6, 1).interval);
    expect((await pacerOf("sketch").status()).nextSlotAt).toBe(api.clock.now);
  });

  test("are shown with their own sizes, fields, prices and pace, and only where they are offered", async () => {
    const { api } = environment();
    const { data } = (await api.send({ path: "/models" })).body;
    expect(data).toMatchObject([
      {
        id: "sketch",
        owned_by: "pretenders",
        size: { rule: "range", min_pixels: 10_000, widest: "4:1", default: "640*480" },
        images: { max: 3 },
        fields: {},
        prompt: { limit: 20, unit: "tokens" },
        pricing: { currency: "MOO", output: [{ up_to_pixels: 500_000, cost: "0.10" }, { cost: "0.30" }] },
        requests_per_minute: 30,
      },
      { id: "oils", fields: { negative_prompt: 10, prompt_extend: true }, requests_per_minute: 6 },
    ]);
  });

  const stored: [string, (generation: Generation) => Generation, string][] = [
    [
      "model",
      (generation) => ({ ...generation, model: "charcoal" }),
      "The model charcoal is not offered any more",
    ],
    [
      "size",
      (generation) => ({ ...generation, input: { ...generation.input!, size: "640*480" } }),
      "The size 640*480 is not offered by oils any more",
    ],
    ["input", (generation) => ({ ...generation, input: null }), "The input was removed before its turn"],
  ];

  test.each(stored)(
    "a stored %s that cannot be painted ends as that, and is never another",
    async (_, change, why) => {
      const { api, provider, create, paint } = environment();
      const { body } = await create({ prompt, model: "oils" });
      api.generations.put(change(api.generations.records.get(body.id)!));
      await paint(body.id);
      expect(api.generations.records.get(body.id)).toMatchObject({
        state: "failed",
        error: {
          code: "provider_misconfigured",
          billed: "no",
          message: `${why}; nothing was painted.`,
        },
      });
      expect(provider.asked).toEqual([]);
    },
  );
});

import { describe, expect, test } from "vitest";
import { createRequestSchema } from "../../../lambdas/generations/request.ts";
import { openAiRequestSchema, requestOf } from "../../../lambdas/openai/request.ts";
import { paintedSize } from "../../../lambdas/openai/sizes.ts";
import { offerOf } from "../../../lambdas/providers/registry.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";
import { pretendProvider } from "../../support/pretend-provider.ts";

const LIST = {
  rule: "list",
  values: ["1664*928", "1472*1104", "1328*1328", "1104*1472", "928*1664"],
  default: "1664*928",
} as const;
const RANGE = {
  rule: "range",
  min_pixels: 512 * 512,
  max_pixels: 1600 * 1600,
  widest: "8:1",
  default: "1280*1280",
  suggested: ["1280*1280", "1600*900", "900*1600"],
} as const;

describe("a size that OpenAI's tools send", () => {
  test.each([
    ["1024x1024", "1328*1328"],
    ["512x512", "1328*1328"],
    ["256x256", "1328*1328"],
    ["1536x1024", "1472*1104"],
    ["1024x1536", "1104*1472"],
    ["1792x1024", "1664*928"],
    ["1024x1792", "928*1664"],
    ["1024*1024", "1328*1328"],
    ["1328x1328", "1328*1328"],
    // Not OpenAI's: the model's own rule answers it.
    ["1600x900", "1600*900"],
    ["large", "large"],
    ["auto", undefined],
  ])("%s becomes %s, the nearest in shape, where the model has a list", (asked, painted) => {
    expect(paintedSize(asked, LIST)).toBe(painted);
  });

  test.each([
    ["1024x1024", "1024*1024"],
    ["512x512", "512*512"],
    ["256x256", "1280*1280"],
    ["1792x1024", "1792*1024"],
  ])("%s becomes %s where the model has a range: itself if it fits", (asked, painted) => {
    expect(paintedSize(asked, RANGE)).toBe(painted);
  });
});

describe("fields beside OpenAI's", () => {
  const offer = offerOf({ name: "pretend", region: "moon" }, [pretendProvider()]);
  const schema = createRequestSchema(offer);
  const door = openAiRequestSchema(schema, offer);
  const faultsOf = (body: object) =>
    door.safeParse(body).error?.issues.map(({ path, message }) => [path[0], message]);

  test("are the ones that REST has for the chosen model", () => {
    const own = { negative_prompt: "blur", prompt_extend: true, seed: 5, watermark: true };
    const body = door.parse({ prompt: "a fox", model: "oils", ...own });
    expect(requestOf(body, schema, offer)).toMatchObject({ ...own, model: "oils", size: "300*900", n: 1 });
  });

  test("are refused by a model that does not know them, in the words of REST", () => {
    const faults = faultsOf({ prompt: "a fox", model: "sketch", negative_prompt: "blur" });
    expect(faults).toEqual([["negative_prompt", "is not a field of sketch; known to oils"]]);
  });

  test("are never taken for one of OpenAI's that are ignored: they would be lost", () => {
    const shape: Record<string, { readonly description?: string | undefined }> = door.shape;
    const ignored = Object.keys(schema.in.shape).filter((name) => shape[name]?.description === "Ignored.");
    expect(ignored).toEqual([]);
  });

  test("that only OpenAI's models know say nothing, whatever they hold", () => {
    const body = door.parse({
      prompt: "a fox",
      quality: 7,
      user: null,
      svg: { width: 1 },
      output_format: [],
    });
    expect(requestOf(body, schema, offer)).toEqual(schema.parse({ prompt: "a fox" }));
  });

  test("several pictures are as many as the model allows", () => {
    expect(requestOf(door.parse({ prompt: "a fox", n: 3 }), schema, offer)).toMatchObject({ n: 3 });
    expect(faultsOf({ prompt: "a fox", n: 4 })).toEqual([["n", "must be at most 3 for sketch"]]);
    expect(faultsOf({ prompt: "a fox", n: 2, model: "oils" })).toEqual([["n", "must be at most 1 for oils"]]);
  });

  test("a model of OpenAI's is refused with the names of those that are here", () => {
    for (const model of ["dall-e-3", "gpt-image-1"])
      expect(faultsOf({ prompt: "a fox", model })).toEqual([
        ["model", `${model} is not offered here; this service has sketch, oils`],
      ]);
  });

  test("a size that nobody has is refused with those that are taken, as they are written here", () => {
    const [[field, detail] = []] = faultsOf({ prompt: "a fox", model: "oils", size: "33x33" }) ?? [];
    expect(field).toBe("size");
    expect(detail).toMatch(/\d+x\d+.* for oils; auto and OpenAI's own 1024x1024, .*256x256 are taken too$/);
    expect(detail).not.toMatch(/\d\*\d/);
  });

  test("a body of the wrong types has faults and nothing else", () => {
    expect(
      faultsOf({ prompt: "a fox", size: {}, model: 7, n: "2" })
        ?.map(([field]) => field)
        .sort(),
    ).toEqual(["model", "n", "size"]);
  });

  test("a stream is refused in our words", () => {
    expect(faultsOf({ prompt: "a fox", stream: true })).toEqual([
      ["stream", "must be false: pictures are not streamed, the answer comes when it is there"],
    ]);
  });
});

test("the seed and the negative prompt of an SDK's extra body are painted; the answer tells size and mark", async () => {
  const api = apiUnderTest();
  api.meanwhile.push(() => api.succeed([...api.generations.records.keys()][0] ?? ""));
  const own = { seed: 7, negative_prompt: "blur", prompt_extend: false, watermark: true };
  const body = { prompt: "a fox", size: "1024x1792", ...own };
  const answer = await api.send({ method: "POST", path: "/images/generations", body });
  const [generation] = api.generations.records.values();
  expect(generation?.input).toMatchObject({ ...own, size: "928*1664" });
  expect(answer.headers).toMatchObject({
    "x-image-size": "928x1664",
    "x-digital-source-type": "trainedAlgorithmicMedia",
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  inputOf,
  inputSchema,
  parseCreateRequest,
  warningsOf,
} from "../../../lambdas/generations/request.ts";
import { requestHash } from "../../../lambdas/generations/request-hash.ts";
import { type Fault, InvalidInput } from "../../../lambdas/platform/service-error.ts";
import { offer, schema } from "../../support/generations.ts";

const prompt = "a red fox";
const [model] = offer.models;
const parse = (body: unknown) => parseCreateRequest(schema, body);

/** Pointer and detail of every fault that a body has. */
function faultsIn(body: unknown): readonly Fault[] {
  try {
    parse(body);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.extras.errors ?? [];
  }
}

const faults = (body: unknown) => faultsIn(body).map(({ pointer }) => pointer);

const FOX = "🦊";
const LONE = "\ud83e";
/** Any UTF-16 code unit, half an emoji too. */
const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));

describe("a prompt alone is enough", () => {
  test("everything else has its default", () => {
    expect(parse({ prompt })).toEqual({
      prompt,
      negative_prompt: null,
      model: "qwen-image-max",
      size: "1664*928",
      n: 1,
      seed: null,
      prompt_extend: true,
      watermark: false,
      metadata: {},
      on_unknown_outcome: "fail",
    });
  });

  test.each(["1664", "1472", "1328", "1104", "928"])(
    "a size of width %s may be written with * or x",
    (width) => {
      const { size: rule } = model;
      const sizes = rule.rule === "list" ? rule.values : [];
      const size = sizes.find((each) => each.startsWith(`${width}*`)) ?? "";
      expect(parse({ prompt, size }).size).toBe(size);
      expect(parse({ prompt, size: size.replace("*", "x") }).size).toBe(size);
    },
  );

  test("both spellings of a size are one intent", () => {
    const [a, b] = ["928*1664", "928x1664"].map((size) => requestHash(parse({ prompt, size })));
    expect(a).toBe(b);
  });
});

describe("every fault is named where it is", () => {
  test.each<[string, unknown, string[]]>([
    ["no object", "a red fox", ["#"]],
    ["null", null, ["#"]],
    ["a list", [], ["#"]],
    ["no prompt", {}, ["#/prompt"]],
    ["an empty prompt", { prompt: "" }, ["#/prompt"]],
    ["a prompt that is no text", { prompt: 7 }, ["#/prompt"]],
    ["a prompt of 8,001", { prompt: "a".repeat(8001) }, ["#/prompt"]],
    ["half an emoji", { prompt: `fox ${LONE}` }, ["#/prompt"]],
    ["half an emoji in the negative prompt", { prompt, negative_prompt: LONE }, ["#/negative_prompt"]],
    ["an unknown model", { prompt, model: "dall-e-3" }, ["#/model"]],
    ["an unknown size", { prompt, size: "1024*1024" }, ["#/size"]],
    ["a size of two marks", { prompt, size: "1664x*928" }, ["#/size"]],
    ["two pictures", { prompt, n: 2 }, ["#/n"]],
    ["n as text", { prompt, n: "1" }, ["#/n"]],
    ["a negative seed", { prompt, seed: -1 }, ["#/seed"]],
    ["a seed of 2^31", { prompt, seed: 2 ** 31 }, ["#/seed"]],
    ["a broken seed", { prompt, seed: 1.5 }, ["#/seed"]],
    ["a switch as text", { prompt, prompt_extend: "yes" }, ["#/prompt_extend"]],
    ["a watermark of null", { prompt, watermark: null }, ["#/watermark"]],
    ["an unknown policy", { prompt, on_unknown_outcome: "shrug" }, ["#/on_unknown_outcome"]],
    ["metadata that is no object", { prompt, metadata: "order" }, ["#/metadata"]],
    ["metadata of numbers", { prompt, metadata: { order: 1 } }, ["#/metadata/order"]],
    [
      "a metadata key of 41",
      { prompt, metadata: { ["k".repeat(41)]: "" } },
      [`#/metadata/${"k".repeat(41)}`],
    ],
    ["an empty metadata key", { prompt, metadata: { "": "" } }, ["#/metadata/"]],
    ["a metadata value of 501", { prompt, metadata: { order: "v".repeat(501) } }, ["#/metadata/order"]],
    ["half an emoji in metadata", { prompt, metadata: { order: LONE } }, ["#/metadata/order"]],
    [
      "17 pairs",
      { prompt, metadata: Object.fromEntries([...Array(17).keys()].map((n) => [`k${n}`, ""])) },
      ["#/metadata"],
    ],
    ["an unknown field", { prompt, style: "vivid" }, ["#/style"]],
    ["a field with a slash and a tilde", { prompt, "a/b~c": 1 }, ["#/a~1b~0c"]],
  ])("%s", (_, body, pointers) => {
    expect(faults(body)).toEqual(pointers);
  });

  const pairs = (count: number) => Object.fromEntries([...Array(count).keys()].map((n) => [`k${n}`, ""]));

  test.each([
    ["a value", { order: 7 }, "#/metadata/order"],
    ["a key", { "": "" }, "#/metadata/"],
  ])("a pair too many, and %s at fault", (_, faulty, pointer) => {
    expect(faults({ prompt, metadata: { ...pairs(16), ...faulty } })).toEqual([pointer, "#/metadata"]);
    expect(faults({ prompt, metadata: { ...pairs(15), ...faulty } })).toEqual([pointer]);
  });

  test.each(["", "k".repeat(41), FOX.repeat(41)])("the limit of a metadata key, for %j", (key) => {
    expect(faultsIn({ prompt, metadata: { [key]: "" } })).toMatchObject([
      { detail: "must have a key of 1 to 40 characters" },
    ]);
    expect(faults({ prompt, metadata: { [FOX.repeat(40)]: "" } })).toEqual([]);
  });

  test("all of them at once", () => {
    expect(faults({ prompt: "", size: "1*1", n: 3, seed: -1, colour: 1, metadata: { a: 1 } }).sort()).toEqual(
      ["#/colour", "#/metadata/a", "#/n", "#/prompt", "#/seed", "#/size"],
    );
  });

  test("whatever comes, it is a request or a refusal with a pointer", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ prompt: fc.string({ unit: codeUnit }) })), (body) => {
        for (const pointer of faults(body)) expect(pointer).toMatch(/^#/);
      }),
    );
  });
});

describe("characters are code points", () => {
  test("8,000 emoji are 8,000 characters", () => {
    expect(faults({ prompt: FOX.repeat(8000) })).toEqual([]);
    expect(faults({ prompt: FOX.repeat(8001) })).toEqual(["#/prompt"]);
  });

  test("so they are in metadata", () => {
    expect(faults({ prompt, metadata: { [FOX.repeat(40)]: FOX.repeat(500) } })).toEqual([]);
    expect(faults({ prompt, metadata: { order: FOX.repeat(501) } })).toEqual(["#/metadata/order"]);
  });

  test.each([
    [800, 0],
    [801, 1],
  ])("a prompt of %i warns %i times, and is sent whole", (length, warnings) => {
    const request = parse({ prompt: FOX.repeat(length) });
    expect(warningsOf(request, model)).toHaveLength(warnings);
    expect([...request.prompt]).toHaveLength(length);
  });

  test.each([
    [500, 0],
    [501, 1],
  ])("a negative prompt of %i warns %i times", (length, warnings) => {
    expect(warningsOf(parse({ prompt, negative_prompt: FOX.repeat(length) }), model)).toHaveLength(warnings);
  });

  test("a warning says which text, how long, and where it may be cut", () => {
    const [warning] = warningsOf(parse({ prompt: "a".repeat(801) }), model);
    expect(warning).toBe("prompt has 801 characters; the provider may silently cut it after 800.");
  });
});

describe("the same intent", () => {
  test("does not depend on the order of fields or of metadata", () => {
    const one = parse({ prompt, seed: 7, metadata: { a: "1", b: "2" } });
    const other = parse({ metadata: { b: "2", a: "1" }, seed: 7, prompt });
    expect(requestHash(one)).toBe(requestHash(other));
  });

  test.each([
    { prompt: "a blue fox" },
    { negative_prompt: "rain" },
    { model: "qwen-image-max-2025-12-30" },
    { size: "928*1664" },
    { seed: 7 },
    { prompt_extend: false },
    { watermark: true },
    { metadata: { order: "1" } },
    { on_unknown_outcome: "retry" },
  ])("is another with %j", (change) => {
    expect(requestHash(parse({ prompt, ...change }))).not.toBe(requestHash(parse({ prompt })));
  });

  const everything = {
    prompt,
    negative_prompt: "rain",
    model: "qwen-image-max-2025-12-30",
    size: "928x1664",
    n: 1,
    seed: 7,
    prompt_extend: false,
    watermark: true,
    metadata: { b: "2", a: "1" },
    on_unknown_outcome: "retry",
  };

  test.each([
    [{ prompt }, "c493ed08d3abc9be69e59c3afdd0f151dfb6e8ef10e65b4318ecb4271f11d464"],
    [everything, "cfe9f15a68dad7c52a900f523e151a6810424ae177162602e91402c974957ae4"],
  ])("has the hash that the first release wrote: keys from then still fit", (body, hash) => {
    expect(requestHash(parse(body))).toBe(hash);
  });

  test("is another with any field that comes later, and the same where that field is absent", () => {
    const request = parse({ prompt });
    const later = (style: unknown) => requestHash(Object.assign({ ...request }, { style }));
    expect(later("photo")).not.toBe(later("oil"));
    expect(later("photo")).not.toBe(requestHash(request));
    expect(later(null)).toBe(requestHash(request));
    expect(later({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(later({ b: [{ d: 3, c: 2 }], a: 1 }));
  });

  test("is the same when a checked request is checked again, as the lines of a batch are", () => {
    for (const body of [{ prompt }, everything]) expect(parse(parse(body))).toEqual(parse(body));
  });
});

test("what is asked goes to the record whole, and from there to the provider", () => {
  const { model: _, metadata: __, on_unknown_outcome: ___, ...asked } = parse({ prompt });
  const input = inputOf(parse({ prompt }), 7);
  expect(input).toEqual({ ...asked, seed: 7 });
  expect(Object.keys(inputSchema.shape).sort()).toEqual(Object.keys(asked).sort());
});

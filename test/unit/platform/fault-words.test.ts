import { describe, expect, test } from "vitest";
import { offer } from "../../support/generations.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

async function faultsOf(body: object, path = "/generations"): Promise<Record<string, string>> {
  const answer = await apiUnderTest().send({ method: "POST", path, body });
  expect([answer.status, answer.body.code]).toEqual([422, "invalid_request"]);
  expect(answer.text).not.toMatch(/Invalid|expected|received|undefined/);
  return Object.fromEntries(
    answer.body.errors.map(({ pointer, detail }: { pointer: string; detail: string }) => [pointer, detail]),
  );
}

describe("the faults of a request", () => {
  test("are told in our own words", async () => {
    const prompt = "a fox";
    expect(await faultsOf({})).toEqual({ "#/prompt": "is required" });
    expect(
      await faultsOf({ prompt: 7, n: "1", watermark: "no", metadata: [], seed: -1, model: "dall-e" }),
    ).toEqual({
      "#/prompt": "must be a string",
      "#/n": "must be a number",
      "#/watermark": "must be true or false",
      "#/metadata": "must be an object",
      "#/seed": "must be at least 0",
      "#/model": `must be one of ${offer.models.map(({ id }) => id).join(", ")}`,
    });
    expect(await faultsOf({ prompt, n: 1.5 })).toEqual({ "#/n": "must be a whole number" });
    expect(await faultsOf({ prompt, stream: true }, "/images/generations")).toEqual({
      "#/stream": "must be false: pictures are not streamed, the answer comes when it is there",
    });
    expect(await faultsOf({ items: "none" }, "/batches")).toMatchObject({ "#/items": "must be a list" });
  });

  test("show a size's values once, each in one spelling", async () => {
    const { "#/size": detail } = await faultsOf({ prompt: "a fox", size: "1*1" });
    expect(detail).toBe(
      "must be one of 1664*928, 1472*1104, 1328*1328, 1104*1472, 928*1664 for qwen-image-max",
    );
  });

  test.each([
    ["promt", "prompt"],
    ["Prompt", "prompt"],
    ["negativ_prompt", "negative_prompt"],
    ["sizes", "size"],
  ])("name the field that %s was meant to be", async (typed, meant) => {
    const faults = await faultsOf({ prompt: "a fox", [typed]: "x" });
    expect(faults).toEqual({ [`#/${typed}`]: `is not a known field (did you mean \`${meant}\`?)` });
  });

  test.each(["x", "colour", "m", "__proto__x"])("guess nothing for %s", async (typed) => {
    expect(await faultsOf({ prompt: "a fox", [typed]: 1 })).toEqual({
      [`#/${typed}`]: "is not a known field",
    });
  });

  test("all stand in the detail, for those who print nothing else", async () => {
    const { body } = await apiUnderTest().send({
      method: "POST",
      path: "/generations",
      body: { promt: "a fox" },
      headers: { "Cancel-After": "soon" },
    });
    expect(body.detail).toContain(
      "`prompt` is required; `promt` is not a known field (did you mean `prompt`?)",
    );
    expect(body.detail).toContain("the header `cancel-after` must");
    expect(body.error.message).toBe(body.detail);
  });

  test("are as many and as long as an answer can hold", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`${"é".repeat(300)}${index}`, 1]),
    );
    const { body } = await apiUnderTest().send({ method: "POST", path: "/generations", body: many });
    expect(body.errors).toHaveLength(21);
    for (const { pointer, detail } of body.errors) expect(pointer.length + detail.length).toBeLessThan(401);
    expect(body.errors.at(-1).detail).toBe("has 31 more faults, which are not listed");
  });
});

test("a blank prompt is refused before it costs anything", async () => {
  for (const prompt of ["", " ", "\n\t ", "\u3000"])
    for (const path of ["/generations", "/images/generations"])
      expect(Object.keys(await faultsOf({ prompt }, path))).toEqual(["#/prompt"]);
});

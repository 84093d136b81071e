import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonLine } from "../../../lambdas/batches/json-lines.ts";
import { readLine, textLinesIn } from "../../../lambdas/batches/lines.ts";
import { parseCreateRequest } from "../../../lambdas/generations/request.ts";
import { readOpenAiBody } from "../../../lambdas/openai/request.ts";
import { offer, schema } from "../../support/generations.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const numbered = (text: string) =>
  Array.from(textLinesIn(bytes(text)), ({ number, start, end }) => [
    number,
    Buffer.from(bytes(text).subarray(start, end)).toString(),
  ]);
const readers = {
  "/generations": (body: unknown) => parseCreateRequest(schema, body),
  "/images/generations": readOpenAiBody(schema, offer),
};
const read = (line: string | Uint8Array) =>
  readLine(jsonLine(1, typeof line === "string" ? bytes(line) : line), readers, new Map());

describe("the lines of a file", () => {
  test("keep their numbers, and blank ones count for nothing", () => {
    expect(numbered("a\n\n  \t\r\nb\r\nc")).toEqual([
      [1, "a"],
      [4, "b\r"],
      [5, "c"],
    ]);
    expect(numbered("")).toEqual([]);
    expect(numbered("\n\n")).toEqual([]);
    expect(numbered("a\n")).toEqual([[1, "a"]]);
  });

  test("are the same however they are found", () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((text) => text.replaceAll(/\s/g, "x"))), (texts) => {
        const expected = texts.flatMap((text, index) => (text === "" ? [] : [[index + 1, text]]));
        expect(numbered(texts.join("\n"))).toEqual(
          expected.map(([number, text]) => [number, Buffer.from(String(text)).toString()]),
        );
      }),
    );
  });
});

describe("a line", () => {
  test("is a create body like any other", () => {
    expect(read('\ufeff{"prompt":"a fox","size":"1328x1328"}\r')).toMatchObject({
      request: { prompt: "a fox", size: "1328*1328", n: 1 },
    });
  });

  test.each([
    ["no JSON", "{", "#"],
    ["no object", "[]", "#"],
    ["no UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "#"],
    ["too long", `{"prompt":"${"a".repeat(70_000)}"}`, "#"],
    ["a name that no object can be trusted with", '{"prompt":"a","metadata":{"__proto__":"x"}}', "#"],
    ["a wrong field", '{"prompt":"a","size":"1*1"}', "#/size"],
    ["an unknown field", '{"prompt":"a","colour":"red"}', "#/colour"],
    ["deep nesting", "[".repeat(60_000), "#"],
  ])("with %s has a fault", (_, line, pointer) => {
    expect(read(line)).toMatchObject({ errors: [{ pointer }] });
  });

  test("of any bytes is a request or has faults: nothing is thrown", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(bytes)), (line) => {
        const found = read(line);
        expect("request" in found || found.errors.length > 0).toBe(true);
      }),
    );
  });
});

describe("a line of OpenAI's Batch API", () => {
  const line = (fields: object) => JSON.stringify({ custom_id: "mug-1", method: "POST", ...fields });

  test("is what its address takes, under its caller's name", () => {
    const body = { model: "qwen-image-max", prompt: "a mug", size: "auto", quality: "high" };
    expect(read(line({ url: "/v1/images/generations", body }))).toMatchObject({
      customId: "mug-1",
      request: { prompt: "a mug", size: "1664*928" },
    });
    expect(read(line({ url: "/v1/generations", body: { prompt: "a mug", seed: 7 } }))).toMatchObject({
      customId: "mug-1",
      request: { prompt: "a mug", seed: 7 },
    });
    expect(read(JSON.stringify({ body: { prompt: "a mug" } }))).toMatchObject({ customId: null });
  });

  test.each([
    ["another address", { url: "/v1/chat/completions", body: {} }, ["#/url"]],
    ["another method", { method: "GET", body: {} }, ["#/method"]],
    ["no body", { url: "/v1/generations" }, ["#/body"]],
    ["a field that is none of its own", { url: "/v1/generations", body: {}, seed: 1 }, ["#/seed"]],
    ["a wrong body", { url: "/v1/generations", body: { size: "1*1" } }, ["#/prompt", "#/size"]],
    ["a wrong body of OpenAI's", { url: "/v1/images/generations", body: { n: 2 } }, ["#/n", "#/prompt"]],
  ])("with %s has a fault, and keeps its name", (_, fields, pointers) => {
    const found = read(line(fields));
    expect(found.customId).toBe("mug-1");
    expect("errors" in found && found.errors.map(({ pointer }) => pointer).sort()).toEqual(pointers);
  });

  test("with a name that is none has a fault", () => {
    expect(read(line({ custom_id: 7, body: { prompt: "a" } }))).toMatchObject({
      customId: null,
      errors: [{ pointer: "#/custom_id" }],
    });
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linesIn, readLine } from "../../../lambdas/batches/lines.ts";
import { schema } from "../../support/generations.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const numbered = (text: string) =>
  [...linesIn(bytes(text))].map((line) => [line.number, Buffer.from(line.bytes).toString()]);
const read = (line: string | Uint8Array) =>
  readLine({ number: 1, bytes: typeof line === "string" ? bytes(line) : line }, schema);

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

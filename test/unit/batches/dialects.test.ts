import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linesOfManifest } from "../../../lambdas/batches/dialects.ts";
import { readLine } from "../../../lambdas/batches/lines.ts";
import { parseCreateRequest } from "../../../lambdas/generations/request.ts";
import { readOpenAiBody } from "../../../lambdas/openai/request.ts";
import { offer, schema } from "../../support/generations.ts";

const readers = {
  "/generations": (body: unknown) => parseCreateRequest(schema, body),
  "/images/generations": readOpenAiBody(schema, offer),
};
const linesOf = (file: string | Uint8Array, key = "manifests/alice/a") =>
  linesOfManifest(typeof file === "string" ? new TextEncoder().encode(file) : file, key, schema);
const read = (file: string | Uint8Array, key?: string) => {
  const lines = linesOf(file, key);
  if (typeof lines === "string") throw new Error(lines);
  return lines.map((line) => {
    const found = readLine(line, readers, new Map());
    return "request" in found
      ? { line: line.number, customId: found.customId, ...found.request }
      : { line: line.number, customId: found.customId, faults: found.errors.map(({ pointer }) => pointer) };
  });
};

describe("CSV", () => {
  test("has a picture a row: create fields, custom_id and metadata, what is empty left out", () => {
    const file = [
      "prompt,size,seed,prompt_extend,custom_id,metadata.order,metadata.shop,negative_prompt",
      '"a red mug, glazed",1328x1328,7,FALSE,mug-1,123,north,people',
      "a blue mug,,,,,,,",
    ].join("\n");
    expect(read(file)).toMatchObject([
      {
        line: 2,
        customId: "mug-1",
        prompt: "a red mug, glazed",
        size: "1328*1328",
        seed: 7,
        prompt_extend: false,
        metadata: { order: "123", shop: "north" },
        negative_prompt: "people",
      },
      { line: 3, customId: null, prompt: "a blue mug", seed: null, size: "1664*928", metadata: {} },
    ]);
  });

  test("comes from spreadsheets: byte order mark, CRLF, line breaks and quotes in cells, blank rows", () => {
    const file =
      '\ufeffprompt,seed\r\n"a sign that says ""open"",\r\nin red",1\r\n\r\n,\r\na fox,2\r\n"a\n\nb",3\r\n';
    expect(read(file)).toMatchObject([
      { line: 2, prompt: 'a sign that says "open",\r\nin red', seed: 1 },
      { line: 6, prompt: "a fox", seed: 2 },
      { line: 7, prompt: "a\n\nb", seed: 3 },
    ]);
    expect(read("seed,prompt\r\n1,a fox\r\n2,a hare")).toMatchObject([
      { seed: 1, prompt: "a fox" },
      { seed: 2, prompt: "a hare" },
    ]);
  });

  test.each([
    [";", "semicolons"],
    ["\t", "tabs"],
  ])("may be separated by %j (%s)", (delimiter) => {
    const file = ["prompt,seed,metadata.a", "a fox,7,x"].join("\n").replaceAll(",", delimiter);
    expect(read(`${file}\n`)).toMatchObject([{ prompt: "a fox", seed: 7, metadata: { a: "x" } }]);
  });

  test("names each bad row by its line, and goes on with the next", () => {
    const file = [
      "prompt,seed,custom_id",
      "a fox,seven,one",
      "a fox",
      "a fox,1,two,3",
      'a 6" nail,1,three',
      '"a fox"x,1,four',
      ",1,five",
      "a hare,1,six",
      '"never closed,1,seven',
      "an owl,1,eight",
    ].join("\n");
    expect(read(file).map(({ line, customId, ...rest }) => [line, customId, Object.values(rest)[0]])).toEqual(
      [
        [2, "one", ["#/seed"]],
        [3, null, ["#"]],
        [4, null, ["#"]],
        [5, null, ["#"]],
        [6, null, ["#"]],
        [7, "five", ["#/prompt"]],
        [8, "six", "a hare"],
        [9, null, ["#"]],
        [10, "eight", "an owl"],
      ],
    );
  });

  test("has a fault where a row is not UTF-8, and in that row alone", () => {
    const file = Buffer.concat([
      Buffer.from("prompt,seed\ncaf"),
      Buffer.from([0xe9]),
      Buffer.from(",1\na fox,2\n"),
    ]);
    expect(read(file)).toMatchObject([
      { line: 2, faults: ["#"] },
      { line: 3, prompt: "a fox" },
    ]);
  });

  test.each([
    ["prompt,promt\na,b", "metadata", /"promt" is not known; did you mean prompt\?/],
    ["prompt,prompt\na,b", "", /two columns "prompt"/],
    ["prompt,metadata.\na,b", "", /"metadata\." is not known/],
    ["size,seed\n1,2", "", /first line must name its columns, one of them prompt/],
  ])("says what is wrong with its first line: %j", (file, _, message) => {
    expect(linesOf(file, "manifests/alice/a.csv")).toMatch(message);
  });

  test("of any cells comes back as it was written", () => {
    const cell = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .filter((text) => text.trim() !== "" && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 8 }), (prompts) => {
        const quoted = prompts.map((text) => `"${text.replaceAll('"', '""')}",1`);
        expect(read(`prompt,seed\n${quoted.join("\n")}\n`)).toMatchObject(
          prompts.map((prompt) => ({ prompt })),
        );
      }),
    );
  });
});

describe("a manifest", () => {
  test.each([
    ["JSON lines under the name of a table", '{"prompt":"a"}\n{"prompt":"b"}', "a.csv"],
    ["JSON lines whose first is broken", 'oops\n{"prompt":"a"}', "a.jsonl"],
    ["a table under no name", "seed,prompt\n1,a\n2,b", "a"],
  ])("is what it looks like: %s", (_, file, key) => {
    expect(linesOf(file, key)).toHaveLength(2);
  });

  test.each([
    ["empty", " \n\n", /is empty/],
    ["UTF-16", Buffer.from("\ufeffprompt\na", "utf16le"), /UTF-16.*UTF-8/],
    ["a workbook", Buffer.from([0x50, 0x4b, 3, 4, 1, 2]), /workbook.*CSV/],
    ["compressed", Buffer.from([0x1f, 0x8b, 8]), /compressed/],
    ["a picture", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]), /not text/],
    ["a page", "<!doctype html>\n<p>", /HTML/],
    ["one JSON list", '[{"prompt":"a"}]', /one JSON list/],
    ["a header with a slip", "promt,size\na,b", /no column prompt; did you mean that by "promt"/],
    ["prose", "Dear service,\nplease paint.", /neither JSON lines.*nor CSV/],
  ])("that is %s is refused with the way out", (_, file, message) => {
    expect(linesOf(file)).toMatch(message);
  });

  test("of any bytes is lines or a sentence: nothing is thrown", () => {
    const starts = fc.constantFrom("prompt,seed\n", "{", '{"prompt":"a"}\n', "");
    fc.assert(
      fc.property(
        starts,
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom("a", "a.csv"),
        (start, rest, key) => {
          const lines = linesOf(Buffer.concat([Buffer.from(start), rest]), key);
          for (const line of typeof lines === "string" ? [] : lines) {
            const found = readLine(line, readers, new Map());
            expect("request" in found || found.errors.length > 0).toBe(true);
          }
        },
      ),
    );
  });
});

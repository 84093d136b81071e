import * as z from "zod";
import { nearest } from "./nearest.ts";

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** How to parse so that faults are in our own words. What a schema says itself stays as it is. */
export const IN_OUR_WORDS = { error: wordsOf };

/** A fault as the end of a sentence about its field; of unknown fields a line for each. */
function wordsOf(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) return "is required";
  switch (issue.code) {
    case "invalid_type":
      return `must be ${TYPES[issue.expected] ?? `of type ${issue.expected}`}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return `must ${extent(issue.origin)} at least ${issue.minimum}${unit(issue.origin)}`;
    case "too_big":
      return `must ${extent(issue.origin)} at most ${issue.maximum}${unit(issue.origin)}`;
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownField(key, fieldsOf(issue.inst))).join("\n");
    default:
      return "is not valid";
  }
}

function extent(origin: string): string {
  return origin === "number" || origin === "int" ? "be" : "have";
}

function unit(origin: string): string {
  if (origin === "string") return " characters";
  return extent(origin) === "be" ? "" : " items";
}

function fieldsOf(schema: unknown): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unknownField(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return `is not a known field${meant === null ? "" : ` (did you mean \`${meant}\`?)`}`;
}

import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generations } from "./dynamodb/generations.ts";
import { money } from "./dynamodb/money.ts";
import { others } from "./dynamodb/others.ts";
import { sent } from "./dynamodb/table.ts";

generations();
money();
others();

const lambdas = fileURLToPath(new URL("../../lambdas", import.meta.url));
const EXPRESSION = /^(SET|ADD|REMOVE|DELETE) |attribute_(not_)?exists\(|(=|<=|>=|<|>|AND|BETWEEN) :\w/;

/** Every text in the functions' code that is an expression of DynamoDB, or a part of one. */
function written(): string[] {
  return globSync("**/*.ts", { cwd: lambdas }).flatMap((file) => {
    const code = readFileSync(`${lambdas}/${file}`, "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
    const texts = [...code.matchAll(/"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)];
    return texts
      .map(([, plain, template]) => plain ?? template ?? "")
      .filter((text) => EXPRESSION.test(text));
  });
}

test("every expression in the functions' code was sent to Amazon's implementation", () => {
  const expressions = written();
  expect(expressions.length).toBeGreaterThan(20);
  const isSent = (text: string) => {
    const parts = text.split(/\$\{[^}]*\}/);
    return [...sent].some((each) => parts.every((part) => each.includes(part)));
  };
  expect(expressions.filter((text) => !isSent(text))).toEqual([]);
});

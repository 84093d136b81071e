import { expect, test } from "vitest";
import { InvalidInput, toProblem } from "../../../lambdas/platform/problems.ts";

test.each([
  ["#", null],
  ["#/", null],
  ["#/size", "size"],
  ["#/items/1/prompt", "items.1.prompt"],
  ["#/headers/idempotency-key", "headers.idempotency-key"],
])("OpenAI's parameter of a fault at %s is %j", (pointer, param) => {
  const problem = toProblem(new InvalidInput([{ pointer, detail: "is wrong" }]), "request-1");
  expect(problem.error.param).toBe(param);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { toProblem } from "../../../lambdas/platform/problems.ts";
import { InvalidInput } from "../../../lambdas/platform/service-error.ts";

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

test("a cut pointer is still one, whatever characters its field's name has", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 60, maxLength: 400 }), fc.nat(400), (name, count) => {
      const pointer = `#/${encodeURI(name.toWellFormed())}`;
      const faults = Array.from({ length: count + 1 }, () => ({ pointer, detail: "is not a known field" }));
      const { errors = [] } = new InvalidInput(faults).extras;
      expect(errors.length).toBeLessThanOrEqual(21);
      expect(errors[0]?.pointer.length).toBeLessThanOrEqual(200);
      expect(() => decodeURI(errors[0]?.pointer ?? "")).not.toThrow();
      if (count >= 20) expect(errors.at(-1)?.detail).toContain(`${count - 19} more`);
    }),
  );
});

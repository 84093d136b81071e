import { expect, test } from "vitest";
import { ServiceError } from "../../../lambdas/platform/service-error.ts";
import { failureOf } from "../../../lambdas/workflows/task-failure.ts";

test("a cause is whole problem JSON however much an error holds", () => {
  const text = '"\\'.repeat(20_000);
  const errors = Array.from({ length: 2000 }, () => ({ pointer: text, detail: text }));
  const { name, cause } = failureOf(new ServiceError("invalid_request", { detail: text, errors }), "request");
  expect(JSON.parse(cause)).toMatchObject({ name, code: "invalid_request", request_id: "request" });
  const account = { errorType: name, errorMessage: cause, trace: [name] };
  expect(JSON.stringify(account).length).toBeLessThanOrEqual(32_768);
});

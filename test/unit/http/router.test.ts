import { expect, test } from "vitest";
import { match } from "../../../lambdas/http/router.ts";

const operations = [
  { method: "GET", path: "/v1/batches/{id}" },
  { method: "POST", path: "/v1/batches/manifests" },
] as const;

test("a path that is written out goes before a pattern that fits it too", () => {
  expect(match(operations, "GET", "/v1/batches/bat_1")).toMatchObject({ parts: { id: "bat_1" } });
  expect(match(operations, "POST", "/v1/batches/manifests")).toMatchObject({ kind: "operation" });
  expect(match(operations, "GET", "/v1/batches/manifests")).toEqual({
    kind: "other_methods",
    methods: ["POST"],
  });
});

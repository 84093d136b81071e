import { expect, test } from "vitest";
import { bundled } from "./bundled.ts";

/**
 * The most that a function's code may weigh, in bytes: it is read and compiled at every cold start. S3's client is
 * 140,000 of it, zod 100,000.
 */
const LIMITS = {
  authorizer: 235_000,
  reconciler: 560_000,
  expander: 640_000,
  relay: 592_000,
  task: 588_000,
  worker: 636_000,
  api: 685_000,
};

test.each(Object.entries(LIMITS))("the %s is no larger than %i bytes", async (name, most) => {
  const { bytes } = await bundled(name);
  expect(bytes).toBeLessThanOrEqual(most);
});

test.each(Object.keys(LIMITS))("the %s loads no undici: it does not import node:http", async (name) => {
  const { text } = await bundled(name);
  expect(text).not.toMatch(/from\s?"(node:)?http"/);
});

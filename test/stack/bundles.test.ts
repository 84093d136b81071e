import { expect, test } from "vitest";
import { bundled } from "./bundled.ts";

/**
 * The most that a function's code may weigh, in bytes: what is read and compiled at every cold start. S3's client is
 * 107,000 of it where it is used at once, zod 82,000.
 */
const LIMITS = {
  authorizer: 222_000,
  reconciler: 466_000,
  expander: 535_000,
  relay: 388_000,
  task: 386_000,
  worker: 539_000,
  api: 500_000,
};

test.each(Object.entries(LIMITS))("the %s is no larger than %i bytes", async (name, most) => {
  const { bytes } = await bundled(name);
  expect(bytes).toBeLessThanOrEqual(most);
});

test.each(Object.keys(LIMITS))("the %s loads no undici: it does not import node:http", async (name) => {
  const { text } = await bundled(name);
  expect(text).not.toMatch(/from\s?"(node:)?http"/);
});

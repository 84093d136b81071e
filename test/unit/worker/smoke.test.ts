import { expect, test } from "vitest";
import { calm, job, play } from "../../support/world.ts";
test("one", async () => {
  const r = await play({ ...calm, jobs: [job(), job({lane:"batch"}), job({at: 1000})] });
  console.log(r.events.join("\n"), r.violations, r.receives);
  expect(r.violations).toEqual([]);
}, 60000);
test("1000", async () => {
  const t = Date.now();
  const r = await play({ ...calm, jobs: Array.from({length: 1000}, () => job()) });
  console.log(Date.now()-t, r.violations, r.receives, r.duration/60000, r.events.slice(-3), r.signals.length);
  expect(r.violations).toEqual([]);
}, 60000);

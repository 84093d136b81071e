import { expect, test } from "vitest";
import { logged } from "../../../lambdas/generations/logged.ts";
import type { Painted, Queued } from "../../../lambdas/generations/record.ts";
import { checkpoint } from "../../../lambdas/generations/transitions/checkpoint.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { complete, postponeFetch } from "../../../lambdas/generations/transitions/painted.ts";
import { requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import { NOON, PRICE, queued, SOURCE_URL } from "../../support/generations.ts";
import { inMemoryGenerations } from "../../support/in-memory-stores.ts";

function storeUnderTest() {
  const lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const inner = inMemoryGenerations();
  const log =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>>): void => {
      lines.push({ level, message, fields });
    };
  return { inner, store: logged(inner, { info: log("info"), warn: log("warn") }, () => {}), lines };
}

const claimed = (generation: Queued, now: number) =>
  claim(generation, { now, leaseSeconds: 300, turn: generation.id, region: "sg", price: PRICE });

const painted = (generation: Queued): Painted =>
  checkpoint(claimed(generation, NOON), {
    submittedAt: NOON + 1,
    requestId: "request-1",
    sourceUrl: SOURCE_URL,
    sourceExpiresAt: NOON + 86_400_000,
    width: 1664,
    height: 928,
    now: NOON + 60_000,
  });

test("each step is one line with the words of the history, without prompt and address", async () => {
  const { inner, store, lines } = storeUnderTest();
  const first = queued();
  inner.put(first);
  const second = claimed(first, NOON);
  const refused = requeue(second, {
    now: NOON + 5_000,
    submittedAt: NOON + 1_000,
    notBefore: NOON + 60_000,
    counted: true,
    reason: "provider_throttled",
    detail: "The provider throttled the call: its quota was used up.",
    provider: { code: "Throttling.RateQuota", message: "slow down", request_id: "request-7" },
  });
  for (const next of [second, refused]) expect(await store.save(next)).toBe(true);

  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    "info claimed",
    "warn refused_by_provider",
    "info requeued",
  ]);
  expect(lines[1]?.fields).toMatchObject({
    generation_id: first.id,
    detail: "The provider throttled the call: its quota was used up.",
    provider_code: "Throttling.RateQuota",
    provider_request_id: "request-7",
  });
  expect(JSON.stringify(lines)).not.toContain(first.input?.prompt);
});

test("a fetch that failed says the host and the reason; then it is stored and ended", async () => {
  const { inner, store, lines } = storeUnderTest();
  const waiting = painted(queued());
  inner.put(waiting);
  const postponed = postponeFetch(waiting, {
    now: NOON + 61_000,
    nextFetchAt: NOON + 70_000,
    host: null,
    reason: "image_fetching",
    detail: "answer 503",
  });
  const key = "generations/gen_a.png";
  const image = {
    bucket: "bucket",
    key,
    content_type: "image/png" as const,
    width: 1,
    height: 1,
    bytes: 7,
    sha256: "00",
    marked: [],
    source_sha256: null,
  };
  for (const next of [postponed, complete(postponed, { now: NOON + 70_000, image })]) await store.save(next);

  expect(lines.map(({ message }) => message)).toEqual(["fetch_failed", "stored", "ended"]);
  expect(lines[0]?.fields).toMatchObject({
    reason: "image_fetching",
    detail: "answer 503",
    host: new URL(SOURCE_URL).host,
    fetches: 1,
  });
  expect(JSON.stringify(lines)).not.toContain(SOURCE_URL);
});

test("a step that another was quicker with leaves no line", async () => {
  const { inner, store, lines } = storeUnderTest();
  const first = queued();
  inner.put(claimed(first, NOON));
  expect(await store.save(claimed(first, NOON))).toBe(false);
  expect(lines).toEqual([]);
});

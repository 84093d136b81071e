import { advance } from "../../lambdas/batches/advance.ts";
import type { Expansion } from "../../lambdas/batches/expansions.ts";
import { batchRequestSchema } from "../../lambdas/batches/request.ts";
import { acceptBatch } from "../../lambdas/batches/steps.ts";
import { createBatchStore } from "../../lambdas/batches/table.ts";
import { viewOfBatch } from "../../lambdas/batches/view.ts";
import { createListing } from "../../lambdas/generations/listing.ts";
import { parseCreateRequest } from "../../lambdas/generations/request.ts";
import { readOpenAiBody } from "../../lambdas/openai/request.ts";
import { NOON, offer, quotaOf, schema } from "./generations.ts";
import { inMemoryGenerations, inMemoryResults } from "./in-memory-stores.ts";
import { repeating } from "./in-memory-table.ts";

const KEY = "manifests/alice/a.jsonl";

/** Expanders over one table, with a clock, a manifest, crashes and lost answers at will. */
export function batchWorld(
  manifest: string | null = null,
  lost: (command: unknown) => boolean = () => false,
) {
  const clock = { now: NOON };
  const now = () => clock.now;
  const generations = inMemoryGenerations();
  const client = repeating(generations.table, lost);
  const batches = createBatchStore(client, { table: "table", retentionDays: 30, now });
  const sent: string[] = [];
  const signals: [string, number][] = [];
  const inserted: string[] = [];
  const expansions = {
    send: async (those: readonly Expansion[]) => {
      sent.push(...those.map(({ id }) => id));
    },
  };
  /** Steps until the process dies. */
  const life = { left: Number.POSITIVE_INFINITY };
  const step = () => {
    if (life.left-- <= 0) throw new Error("died");
  };
  const results = inMemoryResults();
  const run = (id: string, hasTime = () => true, isAmended = false) =>
    advance(
      { id, isAmended },
      {
        batches: {
          get: batches.get,
          members: batches.members,
          async save(next) {
            step();
            return batches.save(next);
          },
        },
        generations: {
          get: generations.get,
          save: generations.save,
          async insert(generation) {
            step();
            const existing = await generations.insert(generation);
            if (existing === null) inserted.push(generation.id);
            return existing;
          },
        },
        manifests: {
          read: async (key) => (manifest === null || key !== KEY ? null : new TextEncoder().encode(manifest)),
        },
        expansions,
        results: {
          ...results,
          async put(batch, lines) {
            step();
            return results.put(batch, lines);
          },
          async keepInvalid(batch, position, lines) {
            step();
            return results.keepInvalid(batch, position, lines);
          },
        },
        listing: createListing(client, "table"),
        schema,
        readers: {
          "/generations": (body) => parseCreateRequest(schema, body),
          "/images/generations": readOpenAiBody(schema, offer),
        },
        offer,
        quotaOf,
        now,
        random: () => 0.5,
        hasTime,
        signal: (name, count) => signals.push([name, count]),
      },
    );
  const accept = async (body: object, idempotencyKey: string | null = null) => {
    const request = batchRequestSchema(schema).parse(body);
    const batch = acceptBatch({
      request,
      owner: "alice",
      idempotencyKey,
      deadlineSeconds: 3600,
      currency: "USD",
      etag: '"1"',
      now: clock.now,
    });
    await batches.insert(batch);
    return batch.id;
  };
  const named = () => accept({ manifest: { bucket: "bucket", key: KEY } });
  const view = async (id: string) => {
    const batch = (await batches.get(id))!;
    return viewOfBatch(batch, await batches.members(batch), { root: "/v1", results: null });
  };
  return {
    clock,
    generations,
    batches,
    results,
    sent,
    signals,
    inserted,
    expansions,
    life,
    run,
    accept,
    named,
    view,
  };
}

export type BatchWorld = ReturnType<typeof batchWorld>;

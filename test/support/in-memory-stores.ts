import type { Pace } from "../../lambdas/generation/pace.ts";
import { type Generation, generationSchema, timestamp } from "../../lambdas/generation/record.ts";
import { createdKey, dueAt, lineKey, toItem } from "../../lambdas/store/generation-item.ts";
import type { GenerationStore } from "../../lambdas/store/generations.ts";
import type { ImageStore } from "../../lambdas/store/images.ts";
import { createPacer, type Pacer } from "../../lambdas/store/pacer.ts";

/** The table of generations in memory, with the conditions that lambdas/store/generations.ts writes under. */
export interface InMemoryGenerations extends GenerationStore {
  /** Every record as it is now. */
  readonly records: Map<string, Generation>;
}

export function inMemoryGenerations(): InMemoryGenerations {
  const records = new Map<string, Generation>();
  const quarantined = new Set<string>();
  // What is stored is a copy, stripped as a read from the table would be.
  const store = (generation: Generation) =>
    records.set(generation.id, generationSchema.parse(structuredClone(generation)));
  const indexed = () => [...records.values()].filter(({ id }) => !quarantined.has(id));
  return {
    records,
    async insert(generation) {
      const existing = records.get(generation.id);
      if (existing !== undefined) return structuredClone(existing);
      store(generation);
      return null;
    },
    async get(id) {
      const found = records.get(id);
      return found === undefined ? null : structuredClone(found);
    },
    async save(next) {
      if (records.get(next.id)?.version !== next.version - 1) return false;
      store(next);
      return true;
    },
    async appoint(generation, at) {
      const found = records.get(generation.id);
      if (found !== undefined) store({ ...found, appointment_at: timestamp(at) });
    },
    async lendTurn(id, to) {
      const found = records.get(id);
      if (found !== undefined) store({ ...found, turn_for: to });
    },
    async inLine(lane, model, now) {
      return indexed()
        .flatMap((generation) => (generation.state === "queued" ? [generation] : []))
        .filter((queued) => lineKey(queued.lane, queued.model) === lineKey(lane, model))
        .filter((queued) => queued.not_before <= timestamp(now))
        .sort((a, b) => (`${a.not_before}#${a.id}` < `${b.not_before}#${b.id}` ? -1 : 1))
        .slice(0, 10)
        .map(({ id }) => id);
    },
    async due(now) {
      return indexed()
        .filter((generation) => "open" in toItem(generation, 30) && dueAt(generation) <= timestamp(now))
        .sort((a, b) => (createdKey(dueAt(a), a.id) < createdKey(dueAt(b), b.id) ? -1 : 1))
        .map(({ id }) => id);
    },
    async quarantine(id) {
      quarantined.add(id);
    },
  };
}

/** The real pacer over one item in memory. */
export function inMemoryPacer(pace: Pace, now: () => number): Pacer {
  let item: Record<string, unknown> | undefined;
  const client = {
    async send(command: { input: { Item?: Record<string, unknown> } }) {
      if (command.input.Item === undefined) return { Item: structuredClone(item) };
      item = structuredClone(command.input.Item);
      return {};
    },
  };
  return createPacer({
    client: client as unknown as Parameters<typeof createPacer>[0]["client"],
    table: "table",
    region: "sg",
    model: "qwen-image-max",
    pace,
    now,
    sleep: async () => {},
  });
}

/** The bucket in memory: hashes and sizes by key. */
export interface InMemoryImages extends ImageStore {
  readonly stored: Map<string, string>;
}

export function inMemoryImages(now: () => number): InMemoryImages {
  const stored = new Map<string, string>();
  return {
    stored,
    bucket: "bucket",
    async put(id, file) {
      const key = `generations/${id}.png`;
      stored.set(key, file.sha256Base64);
      return key;
    },
    async address({ bucket, key }) {
      return { url: `https://${bucket}.example/${key}?signed`, expiresAt: timestamp(now() + 3_600_000) };
    },
    async remove(id) {
      stored.delete(`generations/${id}.png`);
    },
  };
}

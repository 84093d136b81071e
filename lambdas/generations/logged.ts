import { DEFAULT_DEADLINE_SECONDS } from "../platform/duration.ts";
import type { HistoryEntry } from "./history.ts";
import type { Generation } from "./record.ts";
import type { GenerationStore } from "./table.ts";

/** What a log takes. */
export interface StepLog {
  info(message: string, fields: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Steps that went wrong, though the generation may go on. */
const WARNINGS = new Set(["refused_by_provider", "outcome_unknown", "fetch_failed"]);

/**
 * The store, which writes a log line for each step that it has saved, in the words of the history: so that a person
 * reads the same in the log, in `GET …/history` and in `npm run inspect`. No prompt, key or address is in them.
 */
export function logged(
  store: GenerationStore,
  log: StepLog,
  count: (name: "GenerationsExpired") => void,
): GenerationStore {
  return {
    ...store,
    async save(next) {
      const saved = await store.save(next);
      if (saved && next.state === "expired" && hadItsDay(next)) count("GenerationsExpired");
      if (saved)
        for (const entry of lastSteps(next))
          log[WARNINGS.has(entry.event) ? "warn" : "info"](entry.event, lineOf(next, entry));
      return saved;
    },
  };
}

/** A caller who wants it within minutes takes its chances; whoever gives it a day expects a picture. */
function hadItsDay({ created_at, deadline }: Generation): boolean {
  return Date.parse(deadline) - Date.parse(created_at) >= DEFAULT_DEADLINE_SECONDS * 1000;
}

/** Told by other lines: acceptance by the door's, and when a call left by its answer's. */
const TOLD_ELSEWHERE = new Set(["accepted", "submitted"]);

/** What the last transition has told: it tells all at one moment. */
function lastSteps({ history }: Generation): HistoryEntry[] {
  const last = history
    .map(({ last_at }) => last_at)
    .toSorted()
    .at(-1);
  return history.filter(({ last_at, event }) => last_at === last && !TOLD_ELSEWHERE.has(event));
}

function lineOf(generation: Generation, { attempt, detail, provider, count, event }: HistoryEntry) {
  const { id, model, state } = generation;
  return {
    generation_id: id,
    model,
    state,
    attempt,
    ...(detail !== null && { detail }),
    ...(count > 1 && { count }),
    ...(provider !== null && { provider_code: provider.code, provider_request_id: provider.request_id }),
    ...(event === "fetch_failed" && reasonOf(generation)),
  };
}

/** Why a picture is not there yet, and whose storage has it. The host alone: the address is a secret. */
function reasonOf(generation: Generation) {
  if (generation.state !== "painted") return {};
  return {
    reason: generation.waiting?.reason,
    host: URL.parse(generation.source_url)?.host,
    fetches: generation.fetches,
    next_at: generation.next_fetch_at,
  };
}

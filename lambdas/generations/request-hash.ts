import { createHash } from "node:crypto";
import { isRecord } from "../platform/is-record.ts";
import type { CreateRequest } from "./request.ts";

/**
 * Tells whether two requests with one idempotency key are the same intent: the whole request counts. The first fields
 * have their places since the first release, and must keep them: hashes are in the table. A field that came later counts
 * by its name where it is not null, so that keys from before it still fit.
 */
export function requestHash(request: CreateRequest): string {
  const { prompt, negative_prompt, model, size, n, seed, prompt_extend, watermark, ...others } = request;
  const { on_unknown_outcome, metadata, ...later } = others;
  const intent = [
    prompt,
    negative_prompt,
    model,
    size,
    n,
    seed,
    prompt_extend,
    watermark,
    on_unknown_outcome,
    sorted(metadata),
    ...sorted(later).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, JSON.stringify(value, inOrder)]],
    ),
  ];
  return createHash("sha256").update(JSON.stringify(intent)).digest("hex");
}

/** For JSON.stringify: objects with their entries by name. */
function inOrder(_: string, value: unknown): unknown {
  return isRecord(value) ? Object.fromEntries(sorted(value)) : value;
}

/** The entries of an object by name: two spellings of one object are one. */
function sorted(value: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

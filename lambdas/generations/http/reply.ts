import type { ApiDependencies } from "../../handlers/api-dependencies.ts";
import { empty, json, type Reply } from "../../http/reply.ts";
import { type Prospects, prospectsOf } from "../../pacing/start-estimate.ts";
import { present } from "../read.ts";
import { type Generation, isOpen } from "../record.ts";
import { entityTag } from "./entity-tag.ts";

/**
 * Answers with a generation as it is now: its tag, and for an open one what to expect and when to ask again.
 * Nothing keeps such an answer, as the picture's presigned address dies.
 */
export async function generationReply(
  generation: Generation,
  { status, headers = {} }: { status: number; headers?: Readonly<Record<string, string>> },
  dependencies: ApiDependencies,
): Promise<Reply> {
  const prospects = await whileOpen(generation, dependencies);
  const view = await present(generation, dependencies, {
    estimatedStartAt: prospects?.startsAt ?? null,
    paused: prospects?.paused ?? null,
  });
  return json(status, view, {
    ...validity(generation, prospects),
    ...headers,
  });
}

/** Answers 304: a generation is as the caller knows it, and an open one worth asking for again later. */
export async function unchangedReply(
  generation: Generation,
  headers: Readonly<Record<string, string>>,
  dependencies: ApiDependencies,
): Promise<Reply> {
  return empty(304, { ...validity(generation, await whileOpen(generation, dependencies)), ...headers });
}

async function whileOpen(generation: Generation, dependencies: ApiDependencies): Promise<Prospects | null> {
  return isOpen(generation) ? prospectsOf(generation, dependencies) : null;
}

function validity(generation: Generation, prospects: Prospects | null): Record<string, string> {
  return {
    ETag: entityTag(generation),
    ...(prospects !== null && { "Retry-After": String(prospects.retryAfterSeconds) }),
  };
}

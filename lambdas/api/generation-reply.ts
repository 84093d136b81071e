import { prospectsOf } from "../entry/prospects.ts";
import { present } from "../entry/read.ts";
import { type Generation, isOpen } from "../generation/record.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { entityTag } from "./entity-tag.ts";
import { json, type Reply } from "./reply.ts";

/**
 * Answers with a generation as it is now: its tag, and for an open one what to expect and when to ask again.
 * Nothing keeps such an answer, as the picture's presigned address dies.
 */
export async function generationReply(
  generation: Generation,
  { status, headers = {} }: { status: number; headers?: Readonly<Record<string, string>> },
  dependencies: ApiDependencies,
): Promise<Reply> {
  const prospects = isOpen(generation) ? await prospectsOf(generation, dependencies) : null;
  const view = await present(generation, dependencies, prospects?.startsAt ?? null);
  return json(status, view, {
    ETag: entityTag(generation),
    ...(prospects !== null && { "Retry-After": String(prospects.retryAfterSeconds) }),
    ...headers,
  });
}

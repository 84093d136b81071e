import { empty, json, type Reply } from "../../http/reply.ts";
import { type PresentNeeds, present } from "../read.ts";
import { type Generation, isOpen } from "../record.ts";
import { type EstimateNeeds, estimateStart, type StartEstimate } from "../start-estimate.ts";
import { entityTag } from "./entity-tag.ts";

/** What answering with a generation takes. */
export type ReplyNeeds = PresentNeeds & EstimateNeeds;

interface GenerationAnswer {
  readonly status: number;
  /** The address that the caller used. */
  readonly root: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers with a generation as it is now: its tag, and for an open one what to expect and when to ask again.
 * Nothing keeps such an answer, as the picture's presigned address dies.
 */
export async function generationReply(
  generation: Generation,
  { status, root, headers = {} }: GenerationAnswer,
  dependencies: ReplyNeeds,
): Promise<Reply> {
  const estimate = await whileOpen(generation, dependencies);
  const view = await present(generation, dependencies, {
    estimatedStartAt: estimate?.startsAt ?? null,
    paused: estimate?.paused ?? null,
    root,
  });
  return json(status, view, {
    ...validity(generation, estimate),
    ...headers,
  });
}

/** Answers with something else that changes with a generation's record alone. */
export async function validatedReply(
  generation: Generation,
  body: unknown,
  dependencies: EstimateNeeds,
): Promise<Reply> {
  return json(200, body, validity(generation, await whileOpen(generation, dependencies)));
}

/** Answers 304: a generation is as the caller knows it, and an open one worth asking for again later. */
export async function unchangedReply(
  generation: Generation,
  headers: Readonly<Record<string, string>>,
  dependencies: EstimateNeeds,
): Promise<Reply> {
  return empty(304, { ...validity(generation, await whileOpen(generation, dependencies)), ...headers });
}

async function whileOpen(generation: Generation, dependencies: EstimateNeeds): Promise<StartEstimate | null> {
  return isOpen(generation) ? estimateStart(generation, dependencies) : null;
}

function validity(generation: Generation, estimate: StartEstimate | null): Record<string, string> {
  return {
    ETag: entityTag(generation),
    ...(estimate !== null && { "Retry-After": String(estimate.retryAfterSeconds) }),
  };
}

import * as z from "zod";
import { NO_BODY, NO_QUERY, operation } from "../../http/operation.ts";
import { historyEntry } from "../history.ts";
import { owned } from "../owned.ts";
import type { ReadNeeds } from "../read.ts";
import type { EstimateNeeds } from "../start-estimate.ts";
import { entityTag, namesTag } from "./entity-tag.ts";
import { ifNoneMatch } from "./if-none-match.ts";
import { unchangedReply, validatedReply } from "./reply.ts";

const historySchema = z
  .object({ object: z.literal("list"), data: z.array(historyEntry) })
  .meta({ id: "History", description: "What happened to a generation, oldest first." });

/** `GET /v1/generations/{id}/history`. */
export const readHistory = operation({
  method: "GET",
  path: "/v1/generations/{id}/history",
  operationId: "readHistory",
  tag: "Generations",
  summary: "Read what happened to a generation",
  description:
    "Oldest first, at most 100 entries: the same one again is folded into its `count`. `event` is one of `accepted`, `claimed`, `submitted`, `accepted_by_provider`, `refused_by_provider`, `outcome_unknown`, `late_answer`, `requeued`, `taken_over`, `fetch_failed`, `stored`, `ended` and `removed`; others may come. It is written with the change that it tells of, so the `ETag` is the generation's own.",
  requestHeaders: z.object({ "if-none-match": ifNoneMatch }),
  query: NO_QUERY,
  body: NO_BODY,
  answers: {
    200: {
      description: "The history as it is now.",
      schema: historySchema,
      headers: ["ETag", "Retry-After"],
    },
    304: {
      description: "Nothing has happened since the `ETag` that was sent.",
      headers: ["ETag", "Retry-After"],
    },
  },
  problems: ["not_found"],
  async handle({ caller, headers, id }, dependencies: ReadNeeds & EstimateNeeds) {
    const generation = await owned(id, caller.owner, dependencies);
    const tags = headers["if-none-match"];
    if (tags !== undefined && namesTag(tags, entityTag(generation)))
      return unchangedReply(generation, {}, dependencies);
    return validatedReply(generation, { object: "list", data: generation.history }, dependencies);
  },
});

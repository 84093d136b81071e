import * as z from "zod";
import { prefer } from "../../http/header-schemas.ts";
import { NO_BODY, NO_QUERY, operation } from "../../http/operation.ts";
import { waitOf } from "../../http/prefer.ts";
import { owned } from "../owned.ts";
import { hasEnded, type WaitNeeds } from "../read.ts";
import { generationView } from "../view.ts";
import { waitInTime } from "../wait.ts";
import { entityTag, namesTag } from "./entity-tag.ts";
import { ifNoneMatch } from "./if-none-match.ts";
import { generationReply, type ReplyNeeds, unchangedReply } from "./reply.ts";

type ReadOperationNeeds = WaitNeeds &
  ReplyNeeds & {
    /** Longest wait for a change within one request, in seconds. */
    readonly longestWait: number;
  };

const requestHeaders = z.object({
  "if-none-match": ifNoneMatch,
  prefer: prefer.optional().meta({
    description:
      "`wait=n` waits up to n seconds (25 at most) for a change or, without `If-None-Match`, for the end.",
  }),
});

/** `GET /v1/generations/{id}`, which waits for a change where the caller wants it to. */
export const readGeneration = operation({
  method: "GET",
  path: "/v1/generations/{id}",
  operationId: "readGeneration",
  tag: "Generations",
  summary: "Read a generation",
  description:
    "Reads it as it is now. `Prefer: wait=n` with `If-None-Match` is a long poll: it answers as soon as the generation has changed, or 304 after n seconds. Every answer has a new presigned address of the picture; the `ETag` stays the same for it.",
  requestHeaders,
  query: NO_QUERY,
  body: NO_BODY,
  answers: {
    200: {
      description: "The generation as it is now.",
      schema: generationView,
      headers: ["ETag", "Retry-After", "Preference-Applied"],
    },
    304: {
      description: "It has not changed since the `ETag` that was sent.",
      headers: ["ETag", "Retry-After", "Preference-Applied"],
    },
  },
  problems: ["not_found"],
  async handle({ caller, headers, id, request }, dependencies: ReadOperationNeeds) {
    const generation = await owned(id, caller.owner, dependencies);
    const tags = headers["if-none-match"];
    const unchanged = (tag: string) => tags !== undefined && namesTag(tags, tag);

    const asked = headers.prefer?.wait ?? null;
    const wait = waitOf({ respondAsync: false, wait: asked ?? 0 }, dependencies.longestWait);
    const latest = await waitInTime(
      generation,
      // An ended generation has nothing to wait for.
      (each) => hasEnded(each) || (tags !== undefined && !unchanged(entityTag(each))),
      Math.min(dependencies.now() + wait.seconds * 1000, request.answerBy),
      dependencies,
    );

    const applied = asked === null || wait.applied === null ? {} : { "Preference-Applied": wait.applied };
    if (unchanged(entityTag(latest))) return unchangedReply(latest, applied, dependencies);
    return generationReply(latest, { status: 200, root: request.root, headers: applied }, dependencies);
  },
});

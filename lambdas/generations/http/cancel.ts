import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { cancelOwned } from "../end-early.ts";
import type { ReadNeeds } from "../read.ts";
import { generationView } from "../view.ts";
import { generationReply, type ReplyNeeds } from "./reply.ts";

/** `POST /v1/generations/{id}/cancel`. */
export const cancelGeneration = operation({
  method: "POST",
  path: "/v1/generations/{id}/cancel",
  operationId: "cancelGeneration",
  tag: "Generations",
  summary: "Cancel a generation",
  description:
    "Ends a queued generation; nothing is charged. One that has ended stays as it ended. A running one cannot be stopped: 409.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: {
    200: {
      description: "The generation as it ended.",
      schema: generationView,
      headers: ["ETag"],
    },
  },
  problems: ["not_found", "conflict"],
  async handle({ caller, id, request }, dependencies: ReadNeeds & ReplyNeeds) {
    const ended = await cancelOwned(id, caller.owner, dependencies);
    return generationReply(ended, { status: 200, root: request.root }, dependencies);
  },
});

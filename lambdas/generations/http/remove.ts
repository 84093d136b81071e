import { NO_BODY, NO_HEADERS, NO_QUERY, operation } from "../../http/operation.ts";
import { empty } from "../../http/reply.ts";
import { type RemoveNeeds, removeOwned } from "../end-early.ts";

/** `DELETE /v1/generations/{id}`. */
export const removeGeneration = operation({
  method: "DELETE",
  path: "/v1/generations/{id}",
  operationId: "removeGeneration",
  tag: "Generations",
  summary: "Remove a generation",
  description:
    "Removes the picture, the input and the metadata. What is left says what happened and what it cost: `input` and `image` read null. A queued generation is canceled first; a running one cannot be removed yet: 409.",
  requestHeaders: NO_HEADERS,
  query: NO_QUERY,
  body: NO_BODY,
  answers: { 204: { description: "It is removed, now or before." } },
  problems: ["not_found", "conflict"],
  async handle({ caller, id }, dependencies: RemoveNeeds) {
    await removeOwned(id, caller.owner, dependencies);
    return empty(204);
  },
});

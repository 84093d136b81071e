import * as z from "zod";
import { openOperation } from "../operation.ts";
import { json } from "../reply.ts";

/** `GET /v1/health`: the function runs. It asks nothing else, so that a fault elsewhere does not look like ours. */
export const health = openOperation({
  method: "GET",
  path: "/v1/health",
  operationId: "health",
  tag: "Service",
  summary: "Ask whether the service lives",
  description: "Says that requests are answered. It asks neither the provider nor the table.",
  answers: {
    200: {
      description: "It does.",
      schema: z.object({ status: z.literal("ok") }).meta({ id: "Health" }),
    },
  },
  problems: [],
  handle: async () => json(200, { status: "ok" }),
});

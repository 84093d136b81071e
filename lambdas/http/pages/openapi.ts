import * as z from "zod";
import { openOperation } from "../operation.ts";

/** `GET /v1/openapi.json`: the committed document. It is loaded when somebody asks for it, not at the start. */
export const openapi = openOperation({
  method: "GET",
  path: "/v1/openapi.json",
  operationId: "openapi",
  tag: "Service",
  summary: "Get this document",
  answers: {
    200: {
      description: "The OpenAPI 3.1 document of this API.",
      schema: z.looseObject({ openapi: z.string() }),
    },
  },
  problems: [],
  async handle() {
    const { default: document } = await import("../../../docs/openapi.json", { with: { type: "json" } });
    return {
      status: 200,
      headers: { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" },
      body: JSON.stringify(document),
    };
  },
});

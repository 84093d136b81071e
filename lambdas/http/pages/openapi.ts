import * as z from "zod";
import { openOperation } from "../operation.ts";

/** `GET /v1/openapi.json`: the committed document, at the reader's own address. It is loaded when somebody asks for it, not at the start. */
export const openapi = openOperation({
  method: "GET",
  path: "/v1/openapi.json",
  operationId: "openapi",
  tag: "Service",
  summary: "Get this document",
  description: "The document of the API, with the address that it was asked at as its server.",
  answers: {
    200: {
      description: "The OpenAPI 3.1 document of this API.",
      schema: z.looseObject({ openapi: z.string() }),
    },
  },
  problems: [],
  async handle({ request }) {
    const { default: document } = await import("../../../docs/openapi.json", { with: { type: "json" } });
    return {
      status: 200,
      headers: { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" },
      body: JSON.stringify({ ...document, servers: [{ url: request.root }] }),
    };
  },
});

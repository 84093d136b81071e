import { readFile } from "node:fs/promises";
import * as z from "zod";
import { openOperation } from "../operation.ts";

/** `GET /v1/openapi.json`: the committed document, at the reader's own address. */
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
      schema: z.looseObject({ openapi: z.string() }).meta({ id: "OpenApiDocument" }),
    },
  },
  problems: [],
  async handle({ request }) {
    const document = z.record(z.string(), z.unknown()).parse(JSON.parse(await committed()));
    return {
      status: 200,
      headers: { "Content-Type": "application/json", "Cache-Control": "public, max-age=300" },
      body: JSON.stringify({ ...document, servers: [{ url: request.root }] }),
    };
  },
});

/** Beside the function's bundle where it is deployed, in the project where it is not. */
async function committed(): Promise<string> {
  try {
    return await readFile(new URL("./openapi.json", import.meta.url), "utf8");
  } catch {
    return readFile(new URL("../../../docs/openapi.json", import.meta.url), "utf8");
  }
}

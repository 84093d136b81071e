import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverride,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { BATCH_ID, GENERATION_ID } from "../platform/ids.ts";
import { PROBLEMS, type ProblemCode } from "../platform/problem-table.ts";
import { problemOf } from "../platform/problems.ts";
import { RELATIVE_ROOT } from "../platform/relative-root.ts";
import { ANSWER_HEADERS, COMMON_HEADERS, QUOTA_HEADERS } from "./document-headers.ts";
import { EXAMPLES } from "./examples.ts";
import type { Outline } from "./operation.ts";
import { problemSchema } from "./problem-schema.ts";

/** Refusals of every operation that wants a key, some of them by API Gateway itself. */
const WITH_KEY: readonly ProblemCode[] = ["unauthorized", "forbidden", "rate_limited"];
const ANYWHERE: readonly ProblemCode[] = ["internal"];
const RETRY_AFTER: readonly ProblemCode[] = ["rate_limited", "provider_throttled", "conflict"];
const REQUEST_ID = "8f3c5a0e-4d54-4d0e-9f3b-0c6b1d0f7a11";

/** The OpenAPI 3.1 document of a route table. */
export function documentOf(operations: readonly Outline[]) {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(RELATIVE_ROOT, "");
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  const document: ZodOpenApiObject = {
    openapi: "3.1.0",
    info: {
      title: "Image service",
      version: "1.0.0",
      description: introduction(),
      contact: { name: "The operator of this service" },
    },
    tags: [
      { name: "Generations", description: "A prompt in, a durable PNG out." },
      { name: "Batches", description: "Many generations at once, after everything that a person waits for." },
      { name: "OpenAI", description: "The same service for OpenAI's SDKs: set their base URL to `…/v1`." },
      { name: "Service", description: "About the service itself. Only `usage` needs a key." },
    ],
    servers: [
      { url: RELATIVE_ROOT, description: "The document that a service sends names its own address." },
    ],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description:
            "An API key. An environment can use IAM instead: then requests are signed (SigV4), and the role or user is the owner.",
        },
      },
      headers: { ...COMMON_HEADERS, ...QUOTA_HEADERS, ...ANSWER_HEADERS },
      examples: problemExamples(operations),
    },
  };
  return createDocument(document, { override: tellDefault });
}

/** Generators of types take a field that has a default for one that is always there, in requests too: it is told in words. */
const tellDefault: ZodOpenApiOverride = ({ jsonSchema, io }) => {
  if (io !== "input" || !("default" in jsonSchema)) return;
  const { default: value, description = "" } = jsonSchema;
  delete jsonSchema.default;
  if (value === null || typeof value === "object") return;
  jsonSchema.description = `${description} Default: \`${value}\`.`.trim();
};

function describe(operation: Outline): ZodOpenApiOperationObject {
  const { method, operationId, tag, summary, description, body, query, requestHeaders } = operation;
  const bodies = EXAMPLES[operationId]?.body;
  const hasHeaders = Object.keys(requestHeaders.shape).length > 0;
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    ...(operation.open && { security: [] }),
    requestParams: {
      ...(operation.path.includes("{") && { path: z.object(partsIn(operation.path)) }),
      ...(hasHeaders && { header: z.object(mapKeys(requestHeaders.shape, spelled)) }),
      ...(query !== null && { query }),
    },
    ...(body !== null && {
      requestBody: {
        required: true,
        content: {
          "application/json": { schema: body, ...(bodies && { examples: examplesOf(bodies) }) },
        },
      },
    }),
    responses: { ...answersOf(operation), ...problemsOf(operation, method === "HEAD") },
  };
}

const generationId = z.string().meta({
  description: "The generation's id.",
  pattern: GENERATION_ID.source,
  example: "gen_3x7m9qk2v5t8r4w6y1z0abcdef",
});

const batchId = z.string().meta({
  description: "The batch's id.",
  pattern: BATCH_ID.source,
  example: "bat_3x7m9qk2v5t8r4w6y1z0abcdef",
});

const modelId = z.string().meta({ description: "The model's id.", example: "qwen-image-max" });

const index = z.string().meta({
  description: "Which picture, counted from 0.",
  override: { type: "integer", minimum: 0 },
  example: 0,
});

const problemName = z.string().meta({
  description: "A problem's code, with hyphens.",
  example: "content-rejected",
});

function partsIn(path: string) {
  return {
    ...(path.includes("{id}") && { id: idIn(path) }),
    ...(path.includes("{index}") && { index }),
    ...(path.includes("{name}") && { name: problemName }),
  };
}

function idIn(path: string) {
  if (path.startsWith("/v1/models/")) return modelId;
  return path.startsWith("/v1/batches/") ? batchId : generationId;
}

function answersOf({ operationId, answers, open }: Outline): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType, headers = [] }]) => {
      const examples = EXAMPLES[operationId]?.[Number(status)];
      return [
        status,
        {
          description,
          headers: headersOf(open, headers),
          ...((schema ?? mediaType) !== undefined && {
            content: {
              ...(schema !== undefined && {
                "application/json": {
                  schema,
                  ...(examples && { examples: examplesOf(checked(examples, schema)) }),
                },
              }),
              ...(mediaType !== undefined && { [mediaType]: { schema: z.string() } }),
            },
          }),
        },
      ];
    }),
  );
}

function codesOf({ problems, open }: Outline): ProblemCode[] {
  return [...problems, ...(open ? [] : WITH_KEY), ...ANYWHERE];
}

/** The problems of an operation by status, each of its codes with an example. */
function problemsOf(operation: Outline, bodiless: boolean): Record<string, ZodOpenApiResponseObject> {
  const codes = codesOf(operation);
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const here = codes.filter((code) => PROBLEMS[code].status === status);
      const retryable = here.some((code) => RETRY_AFTER.includes(code));
      const headers = [
        ...(operation.problemHeaders ?? []),
        ...(retryable ? ["Retry-After"] : []),
        ...(here.includes("unauthorized") ? ["WWW-Authenticate"] : []),
      ];
      return [
        String(status),
        {
          description: here.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join("\n\n"),
          headers: headersOf(operation.open, headers),
          ...(!bodiless && { content: { "application/problem+json": problemContent(here) } }),
        },
      ];
    }),
  );
}

/** By reference: most operations may answer most problems, and one example of each is enough. */
function problemContent(codes: readonly ProblemCode[]) {
  return {
    schema: problemSchema,
    examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
  };
}

function problemExamples(operations: readonly Outline[]) {
  const codes = new Set(operations.flatMap(codesOf));
  return examplesOf(
    Object.fromEntries(
      [...codes].map((code) => [code, problemOf(code, { detail: `${PROBLEMS[code].title}.` }, REQUEST_ID)]),
    ),
  );
}

function headersOf(open: boolean, more: readonly string[]): Record<string, { $ref: string }> {
  const names = [...Object.keys(COMMON_HEADERS), ...(open ? [] : Object.keys(QUOTA_HEADERS)), ...more];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

/** A header's name as people write it. */
function spelled(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function mapKeys<Value>(entries: Readonly<Record<string, Value>>, rename: (key: string) => string) {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [rename(key), value]));
}

/** Examples as the schema has them: in its order, and an error for one that does not fit. */
function checked(examples: Readonly<Record<string, unknown>>, schema: z.ZodType): Record<string, unknown> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, schema.parse(value)]));
}

function examplesOf(examples: Readonly<Record<string, unknown>>): Record<string, { value: unknown }> {
  return Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
}

function introduction(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title, retryable }]) =>
      `| \`${code}\` | ${status} | ${title} | ${retryable ? "yes" : "no"} |`,
  );
  return [
    "Asks for pictures, waits for them, and keeps them. One charge per intent: give a creation an `Idempotency-Key`, and it can be repeated safely.",
    "Every refusal is a problem document (`application/problem+json`, RFC 9457), with one of these codes. A path that does not exist is `not_found`; a method that a path does not know is `method_not_allowed`, with `Allow`.",
    [
      "| code | status | meaning | may succeed later, unless `retryable` says otherwise |",
      "|---|---|---|---|",
      ...rows,
    ].join("\n"),
  ].join("\n\n");
}

import * as z from "zod";

/** A schema, as far as the page tells of it. */
export interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly format?: string | undefined;
  readonly example?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
}

const schema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    format: z.string().optional(),
    example: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    properties: z.record(z.string(), schema).optional(),
    required: z.array(z.string()).optional(),
    items: schema.optional(),
    additionalProperties: z.union([z.boolean(), schema]).optional(),
    anyOf: z.array(schema).optional(),
    oneOf: z.array(schema).optional(),
  }),
);

const media = z.object({
  schema: schema.optional(),
  examples: z
    .record(z.string(), z.object({ value: z.unknown().optional(), $ref: z.string().optional() }))
    .optional(),
});
const content = z.record(z.string(), media).optional();

const parameter = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema,
});

const answer = z.object({
  description: z.string(),
  headers: z.record(z.string(), z.unknown()).optional(),
  content,
});

const operation = z.object({
  operationId: z.string(),
  tags: z.tuple([z.string()]),
  summary: z.string(),
  description: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(parameter).optional(),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), answer),
});

const documentSchema = z.object({
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    schemas: z.record(z.string(), schema),
    headers: z.record(z.string(), z.object({ description: z.string() })),
  }),
});

export type Media = z.output<typeof media>;
export type Parameter = z.output<typeof parameter>;
export type Answer = z.output<typeof answer>;
export type ApiDocument = z.output<typeof documentSchema>;

/** An operation, and where it is. */
export type ApiOperation = z.output<typeof operation> & { readonly method: string; readonly path: string };

/** Reads the OpenAPI document of this service. */
export function readDocument(document: unknown): ApiDocument {
  return documentSchema.parse(document);
}

/** All operations, in the document's order. */
export function operationsOf({ paths }: ApiDocument): ApiOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => ({ ...each, method: method.toUpperCase(), path })),
  );
}

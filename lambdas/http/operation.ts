import * as z from "zod";
import { IN_OUR_WORDS } from "../platform/fault-words.ts";
import { faultsOf } from "../platform/faults.ts";
import type { ProblemCode } from "../platform/problem-table.ts";
import { InvalidInput, ServiceError } from "../platform/service-error.ts";
import type { ApiRequest } from "./api-request.ts";
import { readJson } from "./body.ts";
import type { Caller } from "./caller.ts";
import type { Reply } from "./reply.ts";

export type Method = "GET" | "HEAD" | "POST" | "DELETE";

/** Headers of answers that not every answer has. */
export type AnswerHeader =
  | "ETag"
  | "Idempotent-Replayed"
  | "Link"
  | "Location"
  | "Preference-Applied"
  | "Retry-After"
  | "WWW-Authenticate"
  | "x-digital-source-type"
  | "x-generation-id"
  | "x-image-size"
  | "x-should-retry";

interface Answer {
  readonly description: string;
  /** The schema of a JSON body; none for an answer without a body. */
  readonly schema?: z.ZodType;
  /** What a text is, where it can be answered. */
  readonly mediaType?: string;
  readonly headers?: readonly AnswerHeader[];
}

/** What the reference tells of an operation. */
interface Described {
  readonly method: Method;
  /** As the contract writes it, with the parameters of `PathParts`. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: "Generations" | "Batches" | "OpenAI" | "Service";
  readonly summary: string;
  readonly description: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** The problems it may answer besides those that any operation may. */
  readonly problems: readonly ProblemCode[];
  /** Headers of its problems besides those that any problem may have. */
  readonly problemHeaders?: readonly AnswerHeader[];
}

/** The parameters of a path; empty where it has none of the name. */
export interface PathParts {
  readonly id: string;
  readonly index: string;
  readonly name: string;
}

/** What every handler gets. */
export interface Call extends PathParts {
  readonly request: ApiRequest;
}

/** An operation without its answer: what the OpenAPI document says of it. */
export interface Outline extends Described {
  /** Whether it is answered without a key. */
  readonly open: boolean;
  readonly requestHeaders: z.ZodObject;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
}

/** One line of the route table: what it says of itself, and its answer, made with the few things it needs. */
export interface Operation<Needs> extends Outline {
  /** Checks the request and answers it. Throws ServiceError for a refusal. */
  readonly run: (call: Call, needs: Needs) => Promise<Reply>;
}

/** What an operation, or each of several, is made with. */
export type NeedsOf<Some> = [Some] extends [Operation<infer Needs>] ? Needs : never;

interface Spec<Headers extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType, Needs>
  extends Described {
  readonly requestHeaders: Headers;
  readonly query: Query;
  readonly body: Body;
  readonly handle: (
    call: Call & {
      readonly caller: Caller;
      readonly headers: z.output<Headers>;
      readonly query: z.output<Query>;
      readonly body: z.output<Body>;
    },
    needs: Needs,
  ) => Promise<Reply>;
}

/** The problems of a request whose body cannot be taken. */
export const BODY_FAULTS = [
  "malformed_json",
  "unsupported_media_type",
  "payload_too_large",
  "invalid_request",
] as const satisfies readonly ProblemCode[];

/** No headers, query or body that an operation reads. */
export const NO_HEADERS = z.object({});
export const NO_QUERY = z.object({});
export const NO_BODY = z.undefined();

/** An operation for callers with a key. All faults of headers, query and body are found before it starts. */
export function operation<
  Headers extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Needs = unknown,
>(spec: Spec<Headers, Query, Body, Needs>): Operation<Needs> {
  const hasBody = !(spec.body instanceof z.ZodUndefined);
  return {
    ...spec,
    open: false,
    query: spec.query === NO_QUERY ? null : spec.query,
    body: hasBody ? spec.body : null,
    async run(call, needs) {
      const { request } = call;
      const { caller } = request;
      if (caller === null)
        throw new ServiceError("unauthorized", {
          detail: "Send a valid API key as `Authorization: Bearer KEY`.",
        });
      const headers = spec.requestHeaders.safeParse(request.headers, IN_OUR_WORDS);
      const query = spec.query.safeParse(request.query, IN_OUR_WORDS);
      const body = spec.body.safeParse(hasBody ? readJson(request) : undefined, IN_OUR_WORDS);
      if (headers.success && query.success && body.success)
        return spec.handle(
          { ...call, caller, headers: headers.data, query: query.data, body: body.data },
          needs,
        );
      throw new InvalidInput([
        ...faultsOf(body.error),
        ...faultsOf(headers.error, "#/headers"),
        ...faultsOf(query.error, "#/query"),
      ]);
    },
  };
}

interface OpenSpec<Needs> extends Described {
  readonly handle: (call: Call, needs: Needs) => Promise<Reply>;
}

/** An operation for everybody. */
export function openOperation<Needs = unknown>(spec: OpenSpec<Needs>): Operation<Needs> {
  return {
    ...spec,
    open: true,
    requestHeaders: NO_HEADERS,
    query: null,
    body: null,
    run: spec.handle,
  };
}

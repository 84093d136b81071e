import type { APIGatewayProxyEvent, Context } from "aws-lambda";
import { type Authentication, type Caller, callerOf } from "./caller.ts";
import { answerBy } from "./patience.ts";
import { rootOf } from "./root.ts";

/** A request, as far as the operations may know of HTTP. */
export interface ApiRequest {
  /** Answered as `x-request-id`. */
  readonly id: string;
  readonly method: string;
  /** As the contract writes it, with `/v1`. */
  readonly path: string;
  /** The address that the caller used, up to where the API's paths begin: what follows `/v1` is appended to it. */
  readonly root: string;
  /** Names in lower case; the lines of a repeated header joined by commas. */
  readonly headers: Readonly<Partial<Record<string, string>>>;
  /** A parameter given more than once is a list. */
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
  readonly caller: Caller | null;
  /** When an answer must be on its way, in epoch milliseconds. */
  readonly answerBy: number;
}

/** Reads API Gateway's event. Promises never to throw, whatever part of it is missing. */
export function readRequest(
  event: APIGatewayProxyEvent,
  context: Context,
  { authentication, now }: { authentication: Authentication; now: () => number },
): ApiRequest {
  const headers = headersOf(event);
  const path = pathOf(event);
  return {
    id: event.requestContext?.requestId ?? context.awsRequestId ?? "unknown",
    method: event.httpMethod ?? "GET",
    path: `/v1${path}`,
    root: rootOf(event, path),
    headers,
    query: queryOf(event),
    body: Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8"),
    caller: callerOf(event, authentication),
    answerBy: answerBy({
      now: now(),
      receivedAt: event.requestContext?.requestTimeEpoch,
      remaining: context.getRemainingTimeInMillis?.(),
      headers,
    }),
  };
}

/** The path by the resource that matched it: unlike `event.path` it is free of a custom domain's base path. */
function pathOf({ resource, pathParameters, path }: APIGatewayProxyEvent): string {
  if (!resource?.startsWith("/")) return path ?? "/";
  return resource.replace(/\{(\w+)\+?\}/g, (whole, name: string) => pathParameters?.[name] ?? whole);
}

function headersOf(event: APIGatewayProxyEvent): ApiRequest["headers"] {
  const lines = [
    ...Object.entries(event.headers ?? {}),
    ...Object.entries(event.multiValueHeaders ?? {}).map(
      ([name, values]) => [name, values?.join(", ")] as const,
    ),
  ];
  return Object.fromEntries(
    lines.flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), value.trim()]])),
  );
}

function queryOf(event: APIGatewayProxyEvent): ApiRequest["query"] {
  const repeated = Object.entries(event.multiValueQueryStringParameters ?? {}).flatMap(([name, values]) => {
    const [first, ...others] = values ?? [];
    return first === undefined ? [] : [[name, others.length === 0 ? first : [first, ...others]] as const];
  });
  const single = Object.entries(event.queryStringParameters ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries([...single, ...repeated]);
}

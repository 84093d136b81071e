import { type Answer, bodyAs, retryAfterOf } from "./answer.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { delay } from "./delay.ts";
import { ImageServiceError } from "./error.ts";
import type { components } from "./schemas.ts";
import { send } from "./send.ts";

type Schemas = components["schemas"];
type Described = Schemas["CreateGeneration"];
export type Generation = Schemas["Generation"];

/** What to paint. `GET /models` says which models and sizes an environment has. */
export interface CreateGeneration extends Omit<Described, "model" | "size"> {
  readonly model?: Described["model"] | (string & {});
  readonly size?: Described["size"] | (string & {});
}

/** A generation that succeeded and was not removed. */
export type PaintedGeneration = Generation & { readonly image: NonNullable<Generation["image"]> };

export interface CreateOptions extends CallOptions {
  /** Names what is wanted, such as an order's number: asked for again by the same name, it is not bought again. */
  readonly intent?: string;
  /** Gives up what has not begun after that long, such as `30s`, `5m`, `1h30m`; a day by default. */
  readonly cancelAfter?: string;
}

export interface WaitOptions extends CallOptions {
  /** Hears of the generation as it is seen, until it ends. */
  readonly onChange?: (generation: Generation) => void;
}

/** A generation as it was last seen. */
export interface Sight {
  readonly generation: Generation;
  readonly etag: string | null;
  readonly retryAfterSeconds: number;
}

/** The longest that the service holds an answer back. */
const WAIT = "wait=25";

/** Creates a generation, or finds what this intent has made already, however it ended. */
export async function create(
  connection: Connection,
  request: CreateGeneration,
  intent: string,
  prefer: "respond-async" | "wait=25",
  { cancelAfter, signal }: CreateOptions,
): Promise<Sight & { readonly replayed: boolean }> {
  const headers = { prefer, ...(cancelAfter !== undefined && { "cancel-after": cancelAfter }) };
  try {
    const call = { method: "POST", path: "/generations", headers, body: request, intent, signal } as const;
    const answer = await send(connection, call);
    return { ...sightOf(answer), replayed: answer.headers.get("idempotent-replayed") === "true" };
  } catch (error) {
    // It has ended without a picture: its record says more than the problem.
    const ended = error instanceof ImageServiceError && error.code !== "idempotency_key_reused";
    if (!ended || error.generationId === null) throw error;
    return { ...(await look(connection, error.generationId, {}, signal)), replayed: true };
  }
}

/** Reads a generation. */
export async function look(
  connection: Connection,
  id: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Sight> {
  return sightOf(await send(connection, { method: "GET", path: pathOf(id), headers, signal }));
}

/** Waits for the end, by reads that the service holds back. Its queue is not asked before it wants to be. */
export async function follow(
  connection: Connection,
  first: Sight,
  { onChange, signal }: WaitOptions,
): Promise<Generation> {
  let sight = first;
  while (isOpen(sight.generation)) {
    onChange?.(sight.generation);
    if (sight.generation.status === "queued") await delay(sight.retryAfterSeconds, signal);
    // Who watches hears of each change, others of the end alone.
    const { etag } = sight;
    const headers =
      onChange === undefined
        ? { prefer: WAIT }
        : etag === null
          ? {}
          : { prefer: WAIT, "if-none-match": etag };
    const path = pathOf(sight.generation.id);
    const answer = await send(connection, { method: "GET", path, headers, signal });
    // The record stands as it was; what it waits for may have changed all the same.
    const unchanged = { ...sight, etag: null, retryAfterSeconds: retryAfterOf(answer.headers) ?? 0 };
    sight = answer.status === 304 ? unchanged : sightOf(answer);
  }
  return sight.generation;
}

/**
 * The generation, if it has its picture.
 *
 * @throws ImageServiceError that says how it ended otherwise
 */
export function requirePicture(generation: Generation, intent: string | null): PaintedGeneration {
  const { id, status, image, error, usage } = generation;
  if (image !== null) return { ...generation, image };
  const facts = { billed: usage.billed, generationId: id, intent };
  if (error !== null)
    throw new ImageServiceError(error.message, { ...facts, ...error, billed: usage.billed });
  throw status === "canceled"
    ? new ImageServiceError("The generation was canceled.", { ...facts, code: status, retryable: false })
    : new ImageServiceError("The picture was removed.", { ...facts, code: "gone", retryable: false });
}

export function pathOf(id: string): string {
  return `/generations/${encodeURIComponent(id)}`;
}

function isOpen({ status }: Generation): boolean {
  return status === "queued" || status === "running";
}

function sightOf(answer: Answer): Sight {
  return {
    generation: bodyAs(answer, "generation"),
    etag: answer.headers.get("etag"),
    retryAfterSeconds: retryAfterOf(answer.headers) ?? 0,
  };
}

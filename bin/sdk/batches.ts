import { type Answer, bodyAs, retryAfterOf } from "./answer.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { delay } from "./delay.ts";
import { ImageServiceError } from "./error.ts";
import type { CreateGeneration, CreateOptions } from "./generations.ts";
import type { components } from "./schemas.ts";
import { send } from "./send.ts";

type Schemas = components["schemas"];
type Described = Schemas["CreateBatch"];
type Manifest = Schemas["Manifest"];
/** What a line of a batch came to: how its generation ended, or `invalid` where none was made. */
export interface BatchResult {
  /** Where the line begins in the manifest, counted from 1. */
  readonly line: number;
  readonly custom_id: string | null;
  readonly status: Schemas["Generation"]["status"] | "invalid";
  /** The generation. */
  readonly id: string | null;
  readonly bucket: string | null;
  /** The first picture. */
  readonly key: string | null;
  /** A decimal; null while it is unknown. */
  readonly cost: string | null;
  readonly billed: Schemas["Generation"]["usage"]["billed"];
  readonly error: (Schemas["GenerationError"] & { readonly errors?: readonly Schemas["Fault"][] }) | null;
}
export type Batch = Schemas["Batch"];

/** What to paint: `items`, or a `manifest` that lists them. */
export interface CreateBatch extends Omit<Described, "items"> {
  readonly items?: readonly CreateGeneration[];
}

export interface BatchWaitOptions extends CallOptions {
  /** Hears of the batch each time it is read, until it has ended. */
  readonly onChange?: (batch: Batch) => void;
}

/** Many generations at once. */
export class Batches {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Creates a batch, or finds the one that this intent has made already. */
  async create(
    request: CreateBatch,
    { intent = crypto.randomUUID(), cancelAfter, signal }: CreateOptions = {},
  ): Promise<{ readonly batch: Batch; readonly intent: string; readonly replayed: boolean }> {
    const headers = cancelAfter === undefined ? {} : { "cancel-after": cancelAfter };
    const call = { method: "POST", path: "/batches", headers, body: request, intent, signal } as const;
    const answer = await send(this.#connection, call);
    const replayed = answer.headers.get("idempotent-replayed") === "true";
    return { batch: bodyAs(answer, "batch"), intent, replayed };
  }

  async read(id: string, { signal }: CallOptions = {}): Promise<Batch> {
    return bodyAs(await this.#look(id, signal), "batch");
  }

  /** Waits until all of a batch has ended, however each generation ended: `counts` says so. */
  async wait(id: string, { onChange, signal }: BatchWaitOptions = {}): Promise<Batch> {
    for (;;) {
      const answer = await this.#look(id, signal);
      const batch = bodyAs(answer, "batch");
      if (batch.completed_at !== null) return batch;
      onChange?.(batch);
      await delay(retryAfterOf(answer.headers) ?? SECONDS_BETWEEN_READS, signal);
    }
  }

  /** Ends what is queued of it; what is running ends by itself. */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<Batch> {
    const path = `/batches/${encodeURIComponent(id)}/cancel`;
    return bodyAs(await send(this.#connection, { method: "POST", path, signal }), "batch");
  }

  /** Hands a manifest in: JSON lines, lines of OpenAI's Batch API or CSV. Answers what `create` takes as `manifest`. */
  async upload(manifest: Uint8Array<ArrayBuffer>, { signal }: CallOptions = {}): Promise<Manifest> {
    const body = { bytes: manifest.byteLength };
    const answer = await send(this.#connection, { method: "POST", path: "/batches/manifests", body, signal });
    const { bucket, key, url } = bodyAs(answer, "manifest");
    await exchange(url, { method: "PUT", body: manifest }, signal);
    return { bucket, key };
  }

  /** What became of each line of a batch that has ended, in its order; nothing of one without lines. */
  async results({ results }: Batch, { signal }: CallOptions = {}): Promise<BatchResult[]> {
    if (results === null) return [];
    const text = await (await exchange(results.url, {}, signal)).text();
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  }

  #look(id: string, signal: AbortSignal | undefined): Promise<Answer> {
    return send(this.#connection, { method: "GET", path: `/batches/${encodeURIComponent(id)}`, signal });
  }
}

const SECONDS_BETWEEN_READS = 5;

/** Speaks to the bucket: without our headers, as the address carries its own signature. */
async function exchange(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
  const facts = { code: "unreachable", retryable: true, billed: "no" } as const;
  const { host } = new URL(url);
  const response = await fetch(url, signal === undefined ? init : { ...init, signal }).catch(
    (cause: unknown) => {
      signal?.throwIfAborted();
      throw new ImageServiceError(`${host} does not answer.`, { ...facts, cause });
    },
  );
  if (response.ok) return response;
  throw new ImageServiceError(`${host} answers HTTP ${response.status}.`, {
    ...facts,
    status: response.status,
  });
}

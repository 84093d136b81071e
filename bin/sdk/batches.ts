import { type Answer, bodyAs, retryAfterOf } from "./answer.ts";
import type { CallOptions, Connection } from "./connection.ts";
import { delay } from "./delay.ts";
import type { CreateGeneration, CreateOptions } from "./generations.ts";
import type { components } from "./schemas.ts";
import { send } from "./send.ts";

type Described = components["schemas"]["CreateBatch"];
export type Batch = components["schemas"]["Batch"];

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

  #look(id: string, signal: AbortSignal | undefined): Promise<Answer> {
    return send(this.#connection, { method: "GET", path: `/batches/${encodeURIComponent(id)}`, signal });
  }
}

const SECONDS_BETWEEN_READS = 5;

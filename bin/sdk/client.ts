import { bodyAs } from "./answer.ts";
import { Batches } from "./batches.ts";
import { type CallOptions, type Connection, requireAddress } from "./connection.ts";
import { download } from "./download.ts";
import type {
  CreateGeneration,
  CreateOptions,
  Generation,
  PaintedGeneration,
  WaitOptions,
} from "./generations.ts";
import * as generations from "./generations.ts";
import { type ListOptions, list } from "./list.ts";
import { send } from "./send.ts";

export type { Batch, BatchResult, BatchWaitOptions, CreateBatch } from "./batches.ts";
export type { CallOptions, Connection } from "./connection.ts";
export type { ErrorCode } from "./error.ts";
// biome-ignore lint/performance/noBarrelFile: the one door of the package.
export { ImageServiceError } from "./error.ts";
export type {
  CreateGeneration,
  CreateOptions,
  Generation,
  PaintedGeneration,
  WaitOptions,
} from "./generations.ts";
export type { ListOptions } from "./list.ts";
export type { components } from "./schemas.ts";

/**
 * The image service, for Node.js, Workers and browsers. Whatever buys is sent with an intent, so that no repetition,
 * by this client or by the caller, buys again. Every call throws `ImageServiceError`, or the reason of its signal.
 */
export class ImageService {
  readonly batches: Batches;
  readonly #connection: Connection;

  /** @throws ImageServiceError `invalid_address` where `url` is none, such as an unset variable */
  constructor(connection: Connection) {
    requireAddress(connection.url);
    this.#connection = connection;
    this.batches = new Batches(connection);
  }

  /** Paints a picture and waits for it, for as long as it takes: `cancelAfter` and `signal` set an end. */
  async paint(
    request: CreateGeneration,
    options: CreateOptions & WaitOptions = {},
  ): Promise<PaintedGeneration> {
    const { intent = crypto.randomUUID() } = options;
    const sight = await generations.create(this.#connection, request, intent, "wait=25", options);
    return generations.requirePicture(await generations.follow(this.#connection, sight, options), intent);
  }

  /** Creates a generation without waiting, or finds what this intent has made already, however it ended. */
  async create(
    request: CreateGeneration,
    options: CreateOptions = {},
  ): Promise<{ readonly generation: Generation; readonly intent: string; readonly replayed: boolean }> {
    const { intent = crypto.randomUUID() } = options;
    const made = await generations.create(this.#connection, request, intent, "respond-async", options);
    return { generation: made.generation, intent, replayed: made.replayed };
  }

  async read(id: string, { signal }: CallOptions = {}): Promise<Generation> {
    return (await generations.look(this.#connection, id, {}, signal)).generation;
  }

  /** Waits for the end of a generation, however it ends. */
  async wait(id: string, options: WaitOptions = {}): Promise<Generation> {
    const sight = await generations.look(this.#connection, id, {}, options.signal);
    return generations.follow(this.#connection, sight, options);
  }

  /** Your generations, newest first: `for await (const generation of service.list())`. */
  list(options: ListOptions = {}): AsyncGenerator<Generation, void, undefined> {
    return list(this.#connection, options);
  }

  /** The bytes of a picture, checked against its sha256. */
  download(id: string, options: CallOptions & { readonly index?: number } = {}): Promise<Uint8Array> {
    return download(this.#connection, id, options.index ?? 0, options);
  }

  /** Cancels a generation that is still queued; `conflict` once it runs. */
  async cancel(id: string, { signal }: CallOptions = {}): Promise<Generation> {
    const path = `${generations.pathOf(id)}/cancel`;
    return bodyAs(await send(this.#connection, { method: "POST", path, signal }), "generation");
  }

  /** Removes picture and input. */
  async remove(id: string, { signal }: CallOptions = {}): Promise<void> {
    await send(this.#connection, { method: "DELETE", path: generations.pathOf(id), signal });
  }
}

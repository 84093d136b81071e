import { createHash } from "node:crypto";
import { type GenerationView, generationView } from "../../lambdas/generations/view.ts";
import { exitCode, Failure, messageOf } from "../failure.ts";
import { type Answer, type Api, call, Refused } from "./api.ts";

/** What to paint, in the words of the API. */
export interface Wish {
  readonly prompt: string;
  readonly negative_prompt?: string;
  readonly size?: string;
  readonly seed?: number;
  readonly prompt_extend?: boolean;
  readonly watermark?: boolean;
}

/** How to ask for it. */
export interface Order {
  readonly wish: Wish;
  /** Sent with every try, so that however often we ask, one picture is painted. */
  readonly idempotencyKey: string;
  /** Seconds after which a generation that has not started is given up. */
  readonly cancelAfterSeconds?: number;
}

/** A long poll: well under what gateways allow. */
const WAIT_SECONDS = 20;

/** Creates a generation, or finds the one that this key has made already. */
export async function create(api: Api, order: Order, signal: AbortSignal): Promise<GenerationView> {
  const { cancelAfterSeconds } = order;
  try {
    return parse(
      await call(
        api,
        {
          method: "POST",
          path: "/generations",
          headers: {
            "idempotency-key": order.idempotencyKey,
            prefer: "respond-async",
            ...(cancelAfterSeconds !== undefined && { "cancel-after": `${cancelAfterSeconds}s` }),
          },
          body: order.wish,
        },
        signal,
      ),
    );
  } catch (error) {
    if (!(error instanceof Refused) || error.problem.code === "idempotency_key_reused") throw error;
    // An earlier call of the same key has failed already: its record says more than the problem.
    const id = /gen_[^/]+/.exec(error.problem.instance ?? "")?.[0];
    if (id === undefined) throw error;
    return read(api, id, signal);
  }
}

export async function read(api: Api, id: string, signal: AbortSignal): Promise<GenerationView> {
  return parse(await call(api, { method: "GET", path: `/generations/${encodeURIComponent(id)}` }, signal));
}

/** Follows a generation to its end; `onChange` hears of it as it is seen, at least every twenty seconds. */
export async function follow(
  api: Api,
  first: GenerationView,
  onChange: (generation: GenerationView) => void,
  signal: AbortSignal,
): Promise<GenerationView> {
  const path = `/generations/${encodeURIComponent(first.id)}`;
  let generation = first;
  let etag: string | null = null;
  while (generation.status === "queued" || generation.status === "running") {
    onChange(generation);
    const headers = { prefer: `wait=${WAIT_SECONDS}`, ...(etag !== null && { "if-none-match": etag }) };
    const answer = await call(api, { method: "GET", path, headers }, signal);
    // The record stands as it was; what it waits for may have changed all the same.
    if (answer.status === 304) {
      generation = await read(api, first.id, signal);
      continue;
    }
    etag = answer.headers.get("etag");
    generation = parse(answer);
  }
  return generation;
}

/** The picture of a generation that succeeded, byte for byte the one that was painted. */
export async function download(api: Api, { id }: GenerationView, signal: AbortSignal): Promise<Uint8Array> {
  // Presigned addresses die: a new one, then.
  const { image } = await read(api, id, signal);
  if (image === null) throw new Failure(`${id} has no picture any more.`);
  let bytes: Uint8Array;
  try {
    const response = await fetch(image.url, { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    signal.throwIfAborted();
    const message = `The picture of ${id} cannot be fetched from ${new URL(image.url).host} (${messageOf(error)}).`;
    throw new Failure(message, { exitCode: exitCode.unreachable, cause: error });
  }
  if (createHash("sha256").update(bytes).digest("hex") !== image.sha256)
    throw new Failure(`The picture of ${id} was damaged on its way: its sha256 is not ${image.sha256}.`);
  return bytes;
}

function parse({ body }: Answer): GenerationView {
  const result = generationView.safeParse(body);
  if (result.success) return result.data;
  throw new Failure("The service's answer is not a generation: is this the address of the image service?", {
    cause: result.error,
  });
}

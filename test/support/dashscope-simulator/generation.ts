import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  isBeforePainting,
  providerHeaders,
  sendBadly,
  sendError,
  sendStrangely,
  successBody,
} from "./answers.ts";
import { type Call, type Outcome, sha256 } from "./calls.ts";
import { type Fault, type Marked, UnknownFault } from "./faults.ts";
import type { ProviderState } from "./provider.ts";
import { type ProviderError, rateQuota } from "./provider-errors.ts";
import type { Result } from "./results.ts";
import { strangeAnswer } from "./strange-answers.ts";
import { checkModel, type GenerationRequest, readKey, validateGeneration } from "./validation.ts";

/** A little under the 32 MiB at which a careful client stops. */
const nearly32Mib = 32 * 1024 * 1024 - 1024;

/** The provider's two documented routes. */
export function generationRoutes(server: FastifyInstance, state: ProviderState): void {
  server.post("/api/v1/services/aigc/multimodal-generation/generation", (request, reply) =>
    generate(state, request, reply),
  );

  server.get<{ Querystring: { model?: string } }>("/api/v1/quotas", async (request, reply) => {
    const requestId = randomUUID();
    const key = readKey(request.headers.authorization, state.settings.validKeys);
    const error = "error" in key ? key.error : checkModel(request.query.model);
    if (error !== undefined) return sendError(reply, requestId, error);
    const { requestsPerMinute, windowSeconds } = state.settings;
    return reply.headers(providerHeaders(requestId)).send({
      request_id: requestId,
      data: {
        model: request.query.model,
        request_limit: requestsPerMinute,
        request_limit_period: windowSeconds,
        request_remaining: Math.max(0, requestsPerMinute - state.quota.used()),
      },
    });
  });
}

async function generate(
  state: ProviderState,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const requestId = randomUUID();
  const call = state.log.begin(requestId);
  const refuse = (error: ProviderError, outcome: Outcome = "rejected"): FastifyReply => {
    state.log.end(call, outcome, `${error.status} ${error.code}`);
    return sendError(reply, requestId, error);
  };

  const key = readKey(request.headers.authorization, state.settings.validKeys);
  if ("error" in key) return refuse(key.error);
  call.key_id = sha256(key.key).slice(0, 8);
  if (request.headers["x-dashscope-async"] === "enable") {
    const message = "current user api does not support asynchronous calls.";
    return refuse({ status: 403, code: "AccessDenied", message });
  }
  const validated = validateGeneration(typeof request.body === "string" ? request.body : "");
  if (!validated.accepted) return refuse(validated.error);
  const asked = validated.request;
  const seed = asked.seed ?? randomInt(2147483648);
  note(call, asked, seed);
  if (!state.quota.take()) return refuse(rateQuota, "throttled");

  const marked = takeFaults(state, asked.prompt);
  if (marked instanceof UnknownFault) {
    return refuse({ status: 400, code: "InvalidParameter", message: marked.message });
  }
  call.faults = marked.map(({ text }) => text);
  const faults = marked.map(({ fault }) => fault);
  const latency = only(faults, "latency")[0]?.milliseconds;
  const error = only(faults, "error")[0]?.error;
  const bad = only(faults, "answer")[0]?.name;
  const gone = watchClient(call, reply, state.closing.signal);
  if (error !== undefined || (bad !== undefined && isBeforePainting(bad))) {
    await wait(latency ?? 0, state.closing.signal);
    if (error !== undefined) return refuse(error, error.status === 429 ? "throttled" : "rejected");
  }
  if (bad !== undefined && isBeforePainting(bad)) {
    state.log.end(call, bad === "reset-before" ? "dropped" : "rejected", bad);
    return sendBadly(reply, bad, requestId, {}, { giveUpMs: 0, gone });
  }

  // Not ended when the client leaves: the provider paints and bills all the same.
  const [result] = await Promise.all([
    publish(state, call, asked, seed, marked),
    wait(latency ?? state.settings.latencyMs, state.closing.signal),
  ]);
  const strange = only(faults, "strange")[0]?.name;
  call.billed = true;
  call.image_sha256 = result.sha256;
  state.log.end(call, "painted", bad ?? strange ?? "200");
  const shapes = only(faults, "shape").map(({ name }) => name);
  const body = successBody(requestId, result.url, asked, shapes);
  if (strange !== undefined) {
    const png = await state.results.bytes(result);
    return sendStrangely(reply, requestId, strangeAnswer(strange, { body, url: result.url, png }));
  }
  if (bad === undefined) return reply.headers(providerHeaders(requestId)).send(body);
  return sendBadly(reply, bad, requestId, body, { giveUpMs: state.settings.giveUpMs, gone });
}

function note(call: Call, asked: GenerationRequest, seed: number): void {
  call.prompt = asked.prompt;
  call.prompt_sha256 = sha256(asked.prompt);
  call.parameters = {
    model: asked.model,
    size: asked.size,
    seed,
    seed_given: asked.seed !== undefined,
    negative_prompt: asked.negativePromptSeen,
    prompt_extend: asked.promptExtend,
    watermark: asked.watermark,
    prompt_truncated: asked.promptSeen !== asked.prompt,
  };
}

function takeFaults(state: ProviderState, prompt: string): Marked[] | UnknownFault {
  try {
    return state.faults.take(prompt);
  } catch (error) {
    if (error instanceof UnknownFault) return error;
    throw error;
  }
}

function only<Kind extends Fault["kind"]>(
  faults: readonly Fault[],
  kind: Kind,
): readonly Extract<Fault, { readonly kind: Kind }>[] {
  return faults.filter((fault): fault is Extract<Fault, { readonly kind: Kind }> => fault.kind === kind);
}

function publish(
  state: ProviderState,
  call: Call,
  asked: GenerationRequest,
  seed: number,
  marked: readonly Marked[],
): Promise<Result> {
  const faults = marked.map(({ fault }) => fault);
  return state.results.publish({
    call,
    recipe: {
      prompt: asked.promptSeen,
      seed,
      width: asked.width,
      height: asked.height,
      watermark: asked.watermark,
      style: state.settings.pictures,
      paddedTo: only(faults, "picture").length > 0 ? nearly32Mib : undefined,
    },
    origin: state.settings.imageOrigin ?? `http://${state.imageHost}`,
    lifetimeSeconds: state.settings.urlTtlSeconds,
    urlFaults: only(faults, "url").map(({ name }) => name),
    urlOverride: only(faults, "image-url")[0]?.url,
    downloadFaults: marked.flatMap(({ fault, times }) =>
      fault.kind === "download" ? [{ name: fault.name, times }] : [],
    ),
  });
}

/** Ends when the client has left or the simulator closes. */
function watchClient(call: Call, reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const left = new AbortController();
  reply.raw.once("close", () => {
    if (reply.raw.writableFinished) return;
    // A connection that a fault cut is not one the client left.
    call.client_left = !reply.sent && !closing.aborted;
    left.abort();
  });
  return AbortSignal.any([left.signal, closing]);
}

async function wait(milliseconds: number, closing: AbortSignal): Promise<void> {
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal: closing }).catch(() => undefined);
}

import { accept } from "../../lambdas/generations/accept.ts";
import type { Painted, Queued, Submitting, Succeeded } from "../../lambdas/generations/record.ts";
import { createRequestSchema, parseCreateRequest } from "../../lambdas/generations/request.ts";
import { checkpoint } from "../../lambdas/generations/transitions/checkpoint.ts";
import { claim } from "../../lambdas/generations/transitions/claim.ts";
import { complete } from "../../lambdas/generations/transitions/painted.ts";
import { offerOf } from "../../lambdas/providers/registry.ts";

/** Noon of a day, as good a moment as any. */
export const NOON = Date.parse("2026-11-22T12:00:00.000Z");
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const PRICE = { amount: "0.075", currency: "USD" };
export const SOURCE_URL = "https://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com/a.png?Signature=s";

/** What an environment in Singapore offers. */
export const offer = offerOf({ name: "dashscope", region: "sg" });
export const quotaOf = (model: string) => offer.modelOf(model)?.requestsPerMinute ?? 0;
export const schema = createRequestSchema(offer);

let intents = 0;

interface Wish {
  readonly body?: Record<string, unknown>;
  readonly lane?: "interactive" | "batch";
  readonly now?: number;
  readonly deadlineSeconds?: number;
  readonly taskToken?: string;
  readonly owner?: string;
  readonly ahead?: number;
}

/** A generation that was accepted at noon. */
export function queued({ body = {}, lane = "interactive", now = NOON, ...wish }: Wish = {}): Queued {
  intents++;
  return accept({
    request: parseCreateRequest(schema, { prompt: "a red fox", ...body }),
    owner: wish.owner ?? "owner",
    lane,
    idempotencyKey: `intent-${intents}`,
    deadlineSeconds: wish.deadlineSeconds ?? 24 * 3600,
    warnings: [],
    region: "sg",
    price: PRICE,
    ahead: wish.ahead,
    spacing: 45_000,
    taskToken: wish.taskToken ?? null,
    now,
    random: () => 0.5,
  });
}

/** A refusal after which the provider is asked again. */
export function refusal(by: { notBefore: number; counted: boolean }) {
  const provider = { code: "Throttling", message: "slow down", request_id: "request-1" };
  return {
    now: NOON,
    reason: "provider_throttled",
    detail: "The provider throttled.",
    provider,
    ...by,
  } as const;
}

/** A fetch that failed. */
export function noPicture(by: { nextFetchAt: number; host: string | null }) {
  return { now: NOON, reason: "image_fetching", detail: "answer 503", ...by } as const;
}

/** One whose message, or the named one, has claimed it. */
export function submitting(from: Queued = queued(), turn = from.id, now = NOON): Submitting {
  return claim(from, { now, leaseSeconds: 330, turn, region: "sg", price: PRICE });
}

export function painted(from: Submitting = submitting(), now = NOON): Painted {
  const requestId = "request-1";
  return checkpoint(from, {
    requestId,
    sourceUrl: SOURCE_URL,
    sourceExpiresAt: now + 24 * HOUR,
    width: 1664,
    height: 928,
    now,
  });
}

export function succeeded(from: Painted = painted(), now = NOON): Succeeded {
  const image = {
    bucket: "bucket",
    key: `generations/${from.id}.png`,
    content_type: "image/png" as const,
    width: 1664,
    height: 928,
    bytes: 7,
    sha256: "00",
    marked: ["iptc"],
    source_sha256: "01",
  };
  return complete(from, { now, image });
}

import * as z from "zod";
import { IMAGE_TYPES } from "../images/image-type.ts";
import { LANES } from "../pacing/lanes.ts";
import { billedSchema, PROBLEMS, type ProblemCode } from "../platform/problem-table.ts";
import { providerRefusal } from "../platform/service-error.ts";
import { historyEntry } from "./history.ts";
import { inputSchema } from "./request.ts";
import { waitingRecord } from "./waiting.ts";

/** Raised by a change that an older worker must not write over; fields that are only added need no new number. */
export const SCHEMA = 1;

/** RFC 3339 UTC with milliseconds, so that texts compare as times do. */
const time = z.iso.datetime({ precision: 3 });

const failure = z.object({
  code: z.custom<ProblemCode>((value) => typeof value === "string" && Object.hasOwn(PROBLEMS, value)),
  message: z.string(),
  retryable: z.boolean(),
  billed: billedSchema,
  provider: providerRefusal.nullable(),
});

const common = {
  id: z.string(),
  /** Raised by every transition; the condition of every write. */
  version: z.int(),
  /** The form of the record: an older worker leaves a newer one alone. */
  schema: z.int().default(SCHEMA),
  owner: z.string(),
  lane: z.enum(LANES),
  model: z.string(),
  /** Null once the generation is removed. */
  input: inputSchema.nullable(),
  metadata: z.record(z.string(), z.string()),
  warnings: z.array(z.string()),
  on_unknown_outcome: z.enum(["fail", "retry"]),
  idempotency_key: z.string().nullable(),
  request_hash: z.string(),
  created_at: time,
  deadline: time,
  started_at: time.nullable(),
  /** Submissions to the provider. Deliveries of messages are not counted here. */
  attempts: z.int(),
  /** Whether an answer was lost, and with it perhaps an image that was charged. */
  outcome_lost: z.boolean(),
  /** How many answers were lost: each of these calls may have been charged. */
  lost_answers: z.int().default(0),
  /** The provider's region, and its price for one image there. */
  region: z.string(),
  price: z.object({ amount: z.string(), currency: z.string() }),
  /** Step Functions waits for the end with this token. */
  task_token: z.string().nullable(),
  /** How often the reconciler had to queue it again. */
  requeues: z.int(),
  /** When this generation's message takes its turn. */
  appointment_at: time.nullable(),
  /**
   * Its place in the queue order: the later, the more its owner had open when it was accepted, so that a hundred of one
   * owner do not hold up another's one. Null in records of before, whose place is `not_before`.
   */
  place_at: time.nullable().default(null),
  /** The generation that this one's message works on, where that is another one. */
  turn_for: z.string().nullable(),
  /** Removed by its owner: what is left is a tombstone. */
  removed_at: time.nullable(),
  /** The batch that it came in with. */
  batch_id: z.string().nullable().default(null),
  /** What its caller calls its line there. */
  custom_id: z.string().nullable().default(null),
  /** Millionths that a budget holds back for it; the store's own, null without a budget. */
  reserved: z.int().nullable().default(null),
  /** The currency of what is held back: the price's own when it was accepted. Null in records of before it was kept. */
  reserved_currency: z.string().nullable().default(null),
  /** What happened to it, oldest first, written by the transition that it tells of. */
  history: z.array(historyEntry).default([]),
  /** Why it waits or was tried in vain, where that is more than its place in the queue; null once it has ended. */
  waiting: waitingRecord.nullable().default(null),
  /** When the provider last refused it for what seemed a fault of the account's. */
  refused_at: time.nullable().default(null),
  /** How often it was refused so while others passed: its own fault. */
  own_refusals: z.int().default(0),
};

/** While a message works on it: the id that the message names, which is responsible for it. */
const turn = z.string();

const queued = z.object({ ...common, state: z.literal("queued"), not_before: time });

const submitting = z.object({
  ...common,
  state: z.literal("submitting"),
  turn,
  /** Tells this claim from any other, even one of the same message in the same moment. */
  claim_id: z.string(),
  submitted_at: time,
  /** Until then the worker that claimed it may still be waiting for the provider. */
  lease_until: time,
  /** When another delivery asked whether the worker still lives; the worker takes the question away again. */
  inquiry_at: time.nullable().default(null),
});

const painted = z.object({
  ...common,
  state: z.literal("painted"),
  turn,
  request_id: z.string().nullable(),
  source_url: z.string(),
  source_expires_at: time,
  width: z.int(),
  height: z.int(),
  fetches: z.int(),
  next_fetch_at: time,
  /** The host that is not on the allowlist, while the image waits for it. */
  waiting_for_host: z.string().nullable(),
  /** Where in the bucket the last answer lies that was no picture we accept; null while there was none. */
  unverified_key: z.string().nullable().default(null),
});

const ended = {
  ...common,
  completed_at: time,
  request_id: z.string().nullable(),
  /** Whether the event bus and its workflows have heard of the end; those of before this was kept have. */
  announced: z.boolean().default(true),
  /** How often the end was told again, as it seemed that nobody had heard of it. */
  announce_tries: z.int().default(0),
};

const image = z.object({
  bucket: z.string(),
  key: z.string(),
  content_type: z.enum(IMAGE_TYPES).default("image/png"),
  width: z.int(),
  height: z.int(),
  bytes: z.int(),
  /** Of what is stored. */
  sha256: z.string(),
  /** The marks that the service wrote into it, to say that it was generated. */
  marked: z.array(z.string()).default([]),
  /** Of what came from the provider; null in records of before it was kept, whose pictures are as they came. */
  source_sha256: z.string().nullable().default(null),
});

const succeeded = z.object({ ...ended, state: z.literal("succeeded"), image: image.nullable() });
const failed = z.object({ ...ended, state: z.literal("failed"), error: failure });
const canceled = z.object({ ...ended, state: z.literal("canceled"), billed: billedSchema });
const expired = z.object({ ...ended, state: z.literal("expired"), error: failure });

/** A generation as the table keeps it: one shape per state. `input` is null in every state once it is removed. */
export const generationSchema = z.discriminatedUnion("state", [
  queued,
  submitting,
  painted,
  succeeded,
  failed,
  canceled,
  expired,
]);

export type Generation = z.infer<typeof generationSchema>;
export type Queued = z.infer<typeof queued>;
export type Submitting = z.infer<typeof submitting>;
export type Painted = z.infer<typeof painted>;
export type Succeeded = z.infer<typeof succeeded>;
export type Failed = z.infer<typeof failed>;
export type Canceled = z.infer<typeof canceled>;
export type Expired = z.infer<typeof expired>;
export type OpenGeneration = Queued | Submitting | Painted;
export type EndedGeneration = Succeeded | Failed | Canceled | Expired;
export type Failure = z.infer<typeof failure>;
export type StoredImage = z.infer<typeof image>;

/** The statuses that callers see. */
const STATUSES = ["queued", "running", "succeeded", "failed", "canceled", "expired"] as const;
export type Status = (typeof STATUSES)[number];
export const statusSchema = z.enum(STATUSES).meta({ id: "GenerationStatus" });

/** The states between claim and end are one status to callers. */
export function statusOf(generation: Generation): Status {
  return generation.state === "submitting" || generation.state === "painted" ? "running" : generation.state;
}

/** Tells whether a generation is still to end. */
export function isOpen(generation: Generation): generation is OpenGeneration {
  return statusOf(generation) === "queued" || statusOf(generation) === "running";
}

const commonSchema = z.looseObject(common);

/** What belongs to one state or another. */
const stateKeys = new Set(
  generationSchema.options
    .flatMap(({ shape }) => Object.keys(shape))
    .filter((key) => !Object.hasOwn(common, key)),
);

/** What every state has in common, fields of a newer version too, without what belongs to the present state alone. */
export function commonOf(generation: Generation): z.infer<typeof commonSchema> {
  return commonSchema.parse(
    Object.fromEntries(Object.entries(generation).filter(([key]) => !stateKeys.has(key))),
  );
}

/** The fields of a stored record that this version does not know: they are kept as they are. */
export function unknownFields(item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).filter(([key]) => !stateKeys.has(key) && !Object.hasOwn(common, key)),
  );
}

import { timestamp } from "../platform/clock.ts";
import { memberKey, memberOf } from "./member.ts";
import {
  type Generation,
  generationSchema,
  isOpen,
  type Queued,
  SCHEMA,
  statusOf,
  unknownFields,
} from "./record.ts";

/** What a record must be like to be read; anything else is a fault of ours or a hand's. */
export class CorruptRecord extends Error {
  readonly id: string;

  constructor(id: string) {
    super(`the record of ${id} cannot be read`);
    this.name = "CorruptRecord";
    this.id = id;
  }
}

/** A record that a newer version of the service has written: it is left alone, and waits for that version. */
export class NewerRecord extends Error {
  readonly id: string;

  constructor(id: string) {
    super(`the record of ${id} is of a newer version`);
    this.name = "NewerRecord";
    this.id = id;
  }
}

const PREFIX = "generation#";

/** What the item has beside the record: the table's key, and what the indexes and the table's expiry hang on. */
const ITEM_KEYS = new Set([
  "pk",
  "created",
  "owner_status",
  "line",
  "line_at",
  "in_batch",
  "batch_item",
  "open",
  "due_at",
  "owner_open",
  "expires_at",
]);

/** How long an open generation may go without a sign of life before the reconciler looks at it. */
const GRACE_MS = 15 * 60_000;
/** How long the announcement of an end may take before the reconciler has it told again. */
const ANNOUNCE_GRACE_MS = 5 * 60_000;

/** The index `open` holds those that have not ended, and, apart, those whose end is not announced. */
export const OPEN = "open";
export const UNANNOUNCED = "unannounced";

/** The table's key of a generation. */
export function keyOf(id: string): { pk: string } {
  return { pk: PREFIX + id };
}

/** The generation's id in a table key. */
export function idOf(pk: unknown): string | null {
  return typeof pk === "string" && pk.startsWith(PREFIX) ? pk.slice(PREFIX.length) : null;
}

/** The sort key of the owner's lists: by time, made unique by the id. */
export function createdKey(createdAt: string, id: string): string {
  return `${createdAt}#${id}`;
}

/** The partition of what an owner has open in one lane. */
export function openKey(owner: string, lane: string): string {
  return `${owner}#${lane}`;
}

/** The partition of one lane's queue for one model. */
export function lineKey(lane: string, model: string): string {
  return `${lane}#${model}`;
}

/** Where a queued generation stands in the order of its lane: not before it may be asked for. RFC 3339. */
export function placeOf({ not_before, place_at }: Queued): string {
  return place_at === null || place_at < not_before ? not_before : place_at;
}

/**
 * The item of a generation: the record, and the attributes its indexes hang on. `line` is only there while it
 * is queued, `owner_open` while it has not ended, `open` until its end is announced, so these indexes stay as small as
 * the work at hand.
 */
export function toItem(generation: Generation, retentionDays: number): Record<string, unknown> {
  return {
    ...keyOf(generation.id),
    ...generation,
    created: createdKey(generation.created_at, generation.id),
    owner_status: `${generation.owner}#${statusOf(generation)}`,
    ...(generation.state === "queued" && {
      line: lineKey(generation.lane, generation.model),
      line_at: `${placeOf(generation)}#${generation.id}`,
    }),
    ...(generation.batch_id !== null && {
      in_batch: generation.batch_id,
      batch_item: memberKey(memberOf(generation, generation.batch_id)),
    }),
    ...(isOpen(generation)
      ? {
          open: OPEN,
          due_at: dueAt(generation),
          owner_open: openKey(generation.owner, generation.lane),
        }
      : {
          expires_at: Math.ceil(Date.parse(generation.completed_at) / 1000) + retentionDays * 86_400,
          ...(!generation.announced && { open: UNANNOUNCED, due_at: dueAt(generation) }),
        }),
  };
}

/**
 * The generation in an item, with the fields that only a newer version knows.
 *
 * @throws NewerRecord when it has a form that this version must not write over
 * @throws CorruptRecord when it is none
 */
export function fromItem(item: Record<string, unknown>): Generation {
  const id = idOf(item["pk"]) ?? "an unknown item";
  if (typeof item["schema"] === "number" && item["schema"] > SCHEMA) throw new NewerRecord(id);
  const result = generationSchema.safeParse(item);
  if (!result.success) throw new CorruptRecord(id);
  const others = Object.entries(unknownFields(item)).filter(([key]) => !ITEM_KEYS.has(key));
  return { ...Object.fromEntries(others), ...result.data };
}

/** When the present state must have been left; after that the reconciler sees to it. */
export function dueAt(generation: Generation): string {
  switch (generation.state) {
    case "queued": {
      const turn = Math.max(
        Date.parse(generation.not_before),
        Date.parse(generation.appointment_at ?? generation.not_before),
      );
      return timestamp(Math.min(turn + GRACE_MS, Date.parse(generation.deadline)));
    }
    case "submitting":
      return timestamp(Date.parse(generation.lease_until) + GRACE_MS);
    case "painted":
      return timestamp(Date.parse(generation.next_fetch_at) + GRACE_MS);
    default:
      return timestamp(Date.parse(generation.completed_at) + ANNOUNCE_GRACE_MS);
  }
}

import type { GenerationListing } from "../generations/listing.ts";
import { type Member, memberOf } from "../generations/member.ts";
import { type Generation, isOpen } from "../generations/record.ts";
import { countsOf, usageOf } from "./counts.ts";
import type { Batch, ReadBatch } from "./record.ts";
import { endedLine, invalidLine } from "./result-line.ts";
import type { BatchResults } from "./results.ts";
import { settleBatch } from "./steps.ts";
import type { BatchStore } from "./table.ts";

export interface Settler {
  readonly batches: Pick<BatchStore, "get" | "save" | "members">;
  readonly listing: Pick<GenerationListing, "records">;
  readonly results: Pick<BatchResults, "invalid" | "put">;
  readonly now: () => number;
}

/** `open` while a generation of it has not ended; `too soon` where the index does not know them all yet. */
export type Settled = "settled" | "open" | "too soon";

/** Records read at once, and the generations that are looked at to find one that is open. */
const RECORDS_AT_ONCE = 100;
const LOOKED_AT = 10;
const MOST_TRIES = 5;
/** What the index does not know after this long is not there. */
const INDEX_PATIENCE_MS = 10 * 60_000;

/**
 * Writes the results of a batch whose generations have all ended, and then says so in its record. May break off anywhere
 * and be repeated, and be done by several at once: who is overtaken reads and writes all of it again, so that the last
 * results say what the records say. `again`: of a settled batch too, as something has changed after its end.
 */
export async function settle(id: string, settler: Settler, { again = false } = {}): Promise<Settled> {
  const { batches, results, now } = settler;
  for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
    const batch = await batches.get(id);
    if (batch === null || batch.state === "accepted") return "open";
    // Who was overtaken may have written over the results of the quicker one.
    if (batch.settled !== null && !again && attempt === 1) return "settled";
    const ended = await endedMembers(batch, settler);
    if (typeof ended === "string") return ended;
    const invalid = await results.invalid(batch);
    const lines = [...ended.map(({ line }) => line), ...invalid.map(invalidLine)].sort(
      (a, b) => (a.line ?? 0) - (b.line ?? 0),
    );
    const members = ended.map(({ member }) => member);
    const results_key =
      lines.length === 0
        ? null
        : await results.put(batch, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const end = { now: now(), results_key, counts: countsOf(batch, members), usage: usageOf(members) };
    if (await batches.save(settleBatch(batch, end))) return "settled";
  }
  throw new Error("others change the batch at this moment, time after time");
}

interface Ended {
  readonly member: Member;
  readonly line: ReturnType<typeof endedLine>;
}

async function endedMembers(batch: ReadBatch, settler: Settler): Promise<Ended[] | "open" | "too soon"> {
  const open = await openMembers(batch, settler);
  if (open !== null) return open;
  const members = await settler.batches.members(batch);
  const isMissing = batch.state === "expanded" && members.length < batch.total - batch.invalid;
  if (isMissing && settler.now() - Date.parse(batch.ended_at) < INDEX_PATIENCE_MS) return "too soon";
  const ended: Ended[] = [];
  for (let start = 0; start < members.length; start += RECORDS_AT_ONCE) {
    const some = members.slice(start, start + RECORDS_AT_ONCE);
    const records = await settler.listing.records(some.map(({ id }) => id));
    for (const known of some) {
      const record = records.get(known.id) ?? null;
      if (record !== null && isOpen(record)) return "open";
      // The record is never behind, as the index may be.
      const member = record === null ? known : memberOf(record, batch.id);
      ended.push({ member, line: endedLine(member, record) });
    }
  }
  return ended;
}

/** Looks at a few that the index calls open: two small reads, where most messages come while others are under way. */
async function openMembers(batch: Batch, { batches, listing }: Settler): Promise<"open" | "too soon" | null> {
  const [queued, running] = await Promise.all([
    batches.members(batch, { status: "queued", limit: LOOKED_AT }),
    batches.members(batch, { status: "running", limit: LOOKED_AT }),
  ]);
  const members = [...queued, ...running];
  if (members.length === 0) return null;
  const records = await listing.records(members.map(({ id }) => id));
  const isAnyOpen = [...records.values()].some((record: Generation) => isOpen(record));
  return isAnyOpen ? "open" : "too soon";
}

import { lineOf } from "../platform/ids.ts";
import { type Billed, billedSchema } from "../platform/problem-table.ts";
import { billedOf } from "./billed.ts";
import { type Generation, isOpen, type Status, statusOf, statusSchema } from "./record.ts";

/** What its batch has to know of a generation. */
export interface Member {
  readonly id: string;
  readonly status: Status;
  readonly billed: Billed;
  readonly price: string;
  readonly completedAt: string | null;
  /** Null in records of before lines were kept. */
  readonly line: number | null;
  readonly edition: string | null;
}

/** What a batch has to know of one of its generations. */
export function memberOf(generation: Generation, batch: string): Member {
  const { line = null, edition = null } = lineOf(batch, generation.idempotency_key) ?? {};
  return {
    id: generation.id,
    status: statusOf(generation),
    billed: billedOf(generation),
    price: generation.price.amount,
    completedAt: isOpen(generation) ? null : generation.completed_at,
    line,
    edition,
  };
}

/** The same in the key of an index: it is all there is to read of a batch. */
export function memberKey({ status, billed, price, completedAt, line, edition }: Member): string {
  return [status, billed, price, completedAt ?? "", line ?? "", edition ?? ""].join("#");
}

/** The generation of an id, from such a key; null for any other key. */
export function readMember(id: string, key: string): Member | null {
  const [status, billed, price = "0", completedAt = "", line = "", edition = ""] = key.split("#");
  const known = statusSchema.safeParse(status).data;
  if (known === undefined) return null;
  return {
    id,
    status: known,
    billed: billedSchema.safeParse(billed).data ?? "unknown",
    price,
    completedAt: completedAt === "" ? null : completedAt,
    line: line === "" ? null : Number(line),
    edition: edition === "" ? null : edition,
  };
}

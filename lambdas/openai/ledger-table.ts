import { createHash } from "node:crypto";
import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { type Budget, exceeded, type Write } from "../budgets/table.ts";
import { toItem } from "../generations/item.ts";
import type { Queued } from "../generations/record.ts";
import { withReservation } from "../generations/reservation.ts";
import { writeUnlessRefused } from "../platform/conditional-write.ts";
import { type Entry, entrySchema } from "./ledger.ts";

/** The ledger of one request that may be sent again. */
export interface Sent {
  readonly entries: readonly Entry[];
  /** Counts the writes; 0 where there was none. */
  readonly version: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

/**
 * The re-send ledger: which generations a request's sends belong to. The entries and the generation that one of them
 * starts are written together or not at all, so that no crash leaves one without the other.
 */
export interface LedgerStore {
  find(key: string): Promise<Sent>;
  /**
   * Writes the entries over those that were seen, and the generation that the last of them starts; false where another
   * write came first.
   *
   * @throws ServiceError `budget_exceeded` where there is a budget and nothing left of it
   */
  save(key: string, entries: readonly Entry[], seen: Sent, starts?: Queued): Promise<boolean>;
}

/** `wishes` is the attribute's name in deployed tables. */
const sentSchema = z
  .object({ wishes: z.array(entrySchema), version: z.int(), expires_at: z.int() })
  .transform(({ wishes, ...others }) => ({ entries: wishes, ...others }));

/** As an earlier release wrote it: the latest entry only. */
const latestSchema = z
  .object({
    generation_id: z.string(),
    by_resend: z.boolean(),
    written_at: z.number(),
    expires_at: z.int(),
  })
  .transform(({ generation_id, by_resend, written_at, expires_at }) => ({
    entries: [
      {
        generation_id,
        by_resend,
        started_at: written_at,
        attended_until: written_at,
        retry_count: 0,
        delivered_at: null,
      },
    ],
    version: 0,
    expires_at,
  }));

const itemSchema = z.union([sentSchema, latestSchema]);

/** How long after its generation's deadline a request may still be sent again. */
const KEPT_SECONDS = 3600;

/** The key of a request: who sends it, with which API key, and every byte of it. */
export function ledgerKey(caller: { owner: string; keyId: string }, body: Uint8Array): string {
  const bytes = createHash("sha256").update(body).digest("hex");
  return createHash("sha256")
    .update(JSON.stringify([caller.owner, caller.keyId, bytes]))
    .digest("hex");
}

/** The ledger in the service's table. Entries are forgotten an hour after their generations' deadlines. */
export function createLedgerStore(
  client: DynamoDBDocumentClient,
  { table, retentionDays, budget = null }: { table: string; retentionDays: number; budget?: Budget | null },
): LedgerStore {
  const keyOf = (key: string) => ({ pk: `resend#${key}` });

  function writesOf(starts: Queued): readonly Write[] {
    const { generation, writes } = withReservation(starts, budget, table);
    const Item = toItem(generation, retentionDays);
    return [{ Put: { TableName: table, Item, ConditionExpression: "attribute_not_exists(pk)" } }, ...writes];
  }

  return {
    async find(key) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }),
      );
      if (Item === undefined) return { entries: [], version: 0, expiresAt: 0 };
      const { entries, version, expires_at } = itemSchema.parse(Item);
      return { entries, version, expiresAt: expires_at };
    },

    async save(key, entries, seen, starts) {
      const deadline = starts === undefined ? 0 : Math.ceil(Date.parse(starts.deadline) / 1000);
      const item = {
        ...keyOf(key),
        wishes: entries,
        version: seen.version + 1,
        expires_at: Math.max(seen.expiresAt, deadline + KEPT_SECONDS),
      };
      const condition =
        seen.version === 0
          ? { ConditionExpression: "attribute_not_exists(version)" }
          : {
              ConditionExpression: "version = :previous",
              ExpressionAttributeValues: { ":previous": seen.version },
            };
      const TransactItems = [
        { Put: { TableName: table, Item: item, ...condition } },
        ...(starts === undefined ? [] : writesOf(starts)),
      ];
      // A transaction, even of one write: it carries a token, so that repeated by the SDK, after its answer was lost, it
      // is still the same write.
      const refused = await writeUnlessRefused(() =>
        client.send(new TransactWriteCommand({ TransactItems })),
      );
      if (refused === null) return true;
      // Where neither of the first two was refused, the budget was, whose counters come last.
      if (!refused.slice(0, 2).includes(true)) throw exceeded();
      return false;
    },
  };
}

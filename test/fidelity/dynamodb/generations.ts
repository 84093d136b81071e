import { BatchWriteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import { toItem } from "../../../lambdas/generations/item.ts";
import { positionOf } from "../../../lambdas/generations/listing.ts";
import { claim } from "../../../lambdas/generations/transitions/claim.ts";
import { cancel, expire } from "../../../lambdas/generations/transitions/queued.ts";
import {
  HOUR,
  MINUTE,
  NOON,
  PRICE,
  painted,
  queued,
  submitting,
  succeeded,
} from "../../support/generations.ts";
import { newStores, type Stores } from "./wiring.ts";

const model = "qwen-image-max";
const nothing = {
  owner: "owner",
  status: null,
  createdAfter: null,
  createdBefore: null,
  after: null,
} as const;

export function generations(): void {
  let stores: Stores;
  beforeAll(async () => {
    stores = await newStores();
  });

  describe("generations", () => {
    test("one is written once, and every state over the version before alone", async () => {
      const first = queued();
      expect(await stores.generations.insert(first)).toBeNull();
      expect(await stores.generations.insert(first)).toEqual(first);
      const claimed = submitting(first);
      expect(await stores.generations.save(claimed)).toBe(true);
      // The SDK's repetition of a write whose answer was lost, and another worker that was slower.
      expect(await stores.generations.save(claimed)).toBe(true);
      expect(await stores.generations.save(submitting(first))).toBe(false);
      const fetched = painted(claimed);
      expect(await stores.generations.save(fetched)).toBe(true);
      expect(await stores.generations.save(succeeded(fetched))).toBe(true);
      expect(await stores.generations.get(first.id)).toEqual(succeeded(fetched));
      expect(await stores.generations.get("gen_none")).toBeNull();
    });

    test("texts of any Unicode, empty ones and NUL come back as they were", async () => {
      const body = { prompt: "é é 🦊 \u0000 \u2028", negative_prompt: "", metadata: { empty: "", 键: "值" } };
      const generation = queued({ body });
      await stores.generations.insert(generation);
      expect(await stores.generations.get(generation.id)).toEqual(generation);
    });

    test("of twenty claims at once one is written", async () => {
      const generation = queued();
      await stores.generations.insert(generation);
      const claims = await Promise.all(
        Array.from({ length: 20 }, () => stores.generations.save(submitting(generation))),
      );
      expect(claims.filter((won) => won)).toHaveLength(1);
    });

    test("a worker is asked and answers without touching the version", async () => {
      const first = queued();
      await stores.generations.insert(first);
      const one = submitting(first);
      await stores.generations.save(one);
      await stores.generations.inquire(one, NOON);
      const asked = { inquiry_at: new Date(NOON).toISOString(), version: one.version };
      expect(await stores.generations.get(one.id)).toMatchObject(asked);
      await stores.generations.answerInquiry({ ...one, claim_id: "another claim" });
      expect(await stores.generations.get(one.id)).toMatchObject(asked);
      await stores.generations.answerInquiry(one);
      expect(await stores.generations.get(one.id)).toMatchObject({ inquiry_at: null, version: one.version });
    });

    test("a turn is appointed and lent without touching the version, also where the record has moved on", async () => {
      const [one, other] = [queued(), queued()];
      for (const each of [one, other]) await stores.generations.insert(each);
      await stores.generations.appoint(one, NOON + HOUR);
      expect(await stores.generations.get(one.id)).toEqual({
        ...one,
        appointment_at: new Date(NOON + HOUR).toISOString(),
      });
      await stores.generations.lendTurn(one, other);
      expect(await stores.generations.get(one.id)).toMatchObject({ turn_for: other.id, version: 1 });
      // The save that follows keeps the note, though it was made from a record without it.
      expect(await stores.generations.save(submitting(one))).toBe(true);
      expect(await stores.generations.get(one.id)).toMatchObject({ state: "submitting", turn_for: other.id });

      await stores.generations.appoint(one, NOON);
      await stores.generations.lendTurn(one, one as typeof other);
      expect(await stores.generations.get(one.id)).toMatchObject({ state: "submitting", turn_for: one.id });
      // Of one that is gone nothing is noted.
      await stores.generations.appoint(queued(), NOON);
      await stores.generations.lendTurn(submitting(), other);
    });
  });

  describe("the queue's order", () => {
    test("is by time within lane and model, and holds what is queued alone", async () => {
      const { generations: store } = await newStores();
      const [late, early, future] = [MINUTE, 0, 2 * HOUR].map((after) => queued({ now: NOON + after }));
      const [batch, claimed] = [queued({ lane: "batch" }), queued()];
      for (const each of [late!, early!, future!, batch, claimed]) await store.insert(each);
      await store.save(submitting(claimed));
      expect(await store.firstQueued("interactive", model, NOON + MINUTE)).toEqual([early!.id, late!.id]);
      expect(await store.firstQueued("batch", model, NOON)).toEqual([batch.id]);
      expect(await store.firstQueued("batch", "another", NOON)).toEqual([]);
    });

    test("gives up what is due and was quarantined", async () => {
      const { generations: store, listing } = await newStores();
      const [one, other] = [queued(), queued()];
      for (const each of [one, other]) await store.insert(each);
      expect(await store.due(NOON)).toEqual([]);
      expect((await store.due(NOON + 24 * HOUR)).sort()).toEqual([one.id, other.id].sort());
      await store.quarantine(one.id);
      await store.quarantine("gen_none");
      expect(await store.due(NOON + 24 * HOUR)).toEqual([other.id]);
      expect(await store.firstQueued("interactive", model, NOON)).toEqual([other.id]);
      expect(await listing.countOpen("owner", "interactive", 10)).toBe(1);
      await store.save(expire(other, NOON));
      expect(await store.due(NOON + 48 * HOUR)).toEqual([]);
    });
  });

  describe("an owner's lists", () => {
    const times = Array.from({ length: 7 }, (_, minute) => NOON + minute * MINUTE);
    const all = times.map((now) => queued({ now }));
    let listed: Stores;
    beforeAll(async () => {
      listed = await newStores();
      for (const each of all) await listed.generations.insert(each);
      await listed.generations.save(cancel(all[2]!, NOON + HOUR));
    });
    const idsOf = async (query: Partial<Parameters<Stores["listing"]["page"]>[0]>) => {
      const { generations: found, next } = await listed.listing.page({ ...nothing, limit: 100, ...query });
      return { ids: found.map(({ id }) => id), next };
    };
    const newest = all.map(({ id }) => id).reverse();

    test("go page by page, newest first, to an end", async () => {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page: { ids: string[]; next: string | null } = await idsOf({ limit: 3, after });
        seen.push(...page.ids);
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(newest);
      expect((await idsOf({ limit: 7 })).next).toBeNull();
    });

    test("are bound by status and time, both ends exclusive, from any position within", async () => {
      expect((await idsOf({ status: "canceled" })).ids).toEqual([all[2]!.id]);
      expect((await idsOf({ status: "queued", limit: 2, after: positionOf(all[4]!) })).ids).toEqual([
        all[3]!.id,
        all[1]!.id,
      ]);
      expect((await idsOf({ createdAfter: times[1]!, createdBefore: times[4]! })).ids).toEqual([
        all[3]!.id,
        all[2]!.id,
      ]);
      expect(await idsOf({ owner: "somebody" })).toEqual({ ids: [], next: null });
    });

    test("count what is open, up to a bound", async () => {
      expect(await listed.listing.countOpen("owner", "interactive", 100)).toBe(6);
      expect(await listed.listing.countOpen("owner", "interactive", 4)).toBe(4);
      expect(await listed.listing.countOpen("owner", "batch", 100)).toBe(0);
    });

    test("count and list past 1 MB, where DynamoDB ends a page", async () => {
      const { client, table, listing } = await newStores();
      const prompt = "x".repeat(8000);
      const many = Array.from({ length: 200 }, (_, second) =>
        queued({ now: NOON + second * 1000, body: { prompt, negative_prompt: prompt } }),
      );
      for (let start = 0; start < many.length; start += 25)
        await client.send(
          new BatchWriteCommand({
            RequestItems: {
              [table]: many
                .slice(start, start + 25)
                .map((each) => ({ PutRequest: { Item: toItem(each, 30) } })),
            },
          }),
        );
      expect(await listing.countOpen("owner", "interactive", 1000)).toBe(200);
      let [seen, after]: [number, string | null] = [0, null];
      do {
        const page = await listing.page({ ...nothing, limit: 100, after });
        seen += page.generations.length;
        after = page.next;
      } while (after !== null);
      expect(seen).toBe(200);
    });

    test("show the others where one record cannot be read", async () => {
      const { client, table, generations: store, listing } = await newStores();
      const [good, bad] = [queued(), queued()];
      for (const each of [good, bad]) await store.insert(each);
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: `generation#${bad.id}` },
          UpdateExpression: "REMOVE request_hash",
        }),
      );
      await expect(store.get(bad.id)).rejects.toThrow("cannot be read");
      const page = await listing.page({ ...nothing, limit: 10 });
      expect(page.generations.map(({ id }) => id)).toEqual([good.id]);
    });
  });

  test("a save of a record that is contended for long is not lost", async () => {
    const generation = queued();
    const lease = { now: NOON, leaseSeconds: 330, turn: generation.id, region: "sg", price: PRICE } as const;
    await stores.generations.insert(generation);
    const notes = Array.from({ length: 5 }, () => stores.generations.lendTurn(generation, queued()));
    const [saved] = await Promise.all([stores.generations.save(claim(generation, lease)), ...notes]);
    expect(saved).toBe(true);
  });
}

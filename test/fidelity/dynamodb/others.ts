import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { batchRequestSchema } from "../../../lambdas/batches/request.ts";
import { acceptBatch, checkpointBatch, finishBatch, settleBatch } from "../../../lambdas/batches/steps.ts";
import { isOpen } from "../../../lambdas/generations/record.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { HOUR, NOON, queued, schema, submitting } from "../../support/generations.ts";
import { newStores } from "./wiring.ts";

function batch(idempotencyKey: string, now = NOON) {
  const request = batchRequestSchema(schema).parse({ items: [{ prompt: "fox" }, { prompt: "owl" }] });
  const intake = { owner: "owner", deadlineSeconds: 3600, currency: "USD", etag: "", now };
  return acceptBatch({ request, idempotencyKey, ...intake });
}

export function others(): void {
  describe("batches", () => {
    test("are written once, step by step, and found while they are due", async () => {
      const { batches } = await newStores();
      const [one, other] = [batch("one"), batch("other")];
      for (const each of [one, other]) expect(await batches.insert(each)).toBeNull();
      expect(await batches.insert(one)).toEqual(one);
      expect(await batches.due(NOON)).toEqual([]);
      expect((await batches.due(NOON + HOUR)).sort()).toEqual([one.id, other.id].sort());

      const faults = [
        {
          line: 2,
          custom_id: null,
          code: "invalid_request",
          errors: [{ pointer: "#/x", detail: "is not a known field" }],
        },
      ];
      const step = checkpointBatch(one, { now: NOON, position: 2, total: 2, faults });
      expect(await batches.save(step)).toBe(true);
      expect(await batches.save(step)).toBe(true);
      expect(await batches.save(finishBatch(one, NOON))).toBe(false);
      if (step.state === "accepted") expect(await batches.save(finishBatch(step, NOON))).toBe(true);
      expect((await batches.due(NOON + HOUR)).sort()).toEqual([one.id, other.id].sort());
      await batches.quarantine(other.id);
      expect(await batches.due(NOON + HOUR)).toEqual([one.id]);
      expect(await batches.get(one.id)).toMatchObject({ state: "expanded", invalid: 1 });
    });

    test("of an owner are listed newest first, page by page", async () => {
      const { batches } = await newStores();
      const made = [0, 1, 2, 3, 4].map((hour) => batch(`b${hour}`, NOON + hour * HOUR));
      for (const each of [...made, { ...batch("other"), owner: "another" }]) await batches.insert(each);
      const found: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const page = await batches.page({ owner: "owner", after, limit: 2 });
        found.push(...page.batches.map(({ id }) => id));
        after = page.next;
        more = after !== null;
      }
      expect(found).toEqual(made.map(({ id }) => id).reverse());
    });

    test("that have ended are kept for the retention from then, and settled ones are due no more", async () => {
      const { batches, client, table } = await newStores();
      const one = batch("one");
      await batches.insert(one);
      const read = finishBatch(one, NOON);
      expect(await batches.save(read)).toBe(true);
      expect(await batches.due(NOON + HOUR)).toEqual([one.id]);
      const counts = { total: 0, queued: 0, running: 0, succeeded: 0, failed: 0, canceled: 0, expired: 0 };
      const end = {
        results_key: null,
        counts: { ...counts, invalid: 0 },
        usage: { images: 0, cost: "0", billed: "no" as const },
      };
      expect(await batches.save(settleBatch(read, { now: NOON + 240 * HOUR, ...end }))).toBe(true);
      expect(await batches.due(NOON + 1000 * HOUR)).toEqual([]);
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: `batch#${one.id}` } }),
      );
      expect(Item?.["expires_at"]).toBe((NOON + 960 * HOUR) / 1000);
    });

    test("whose time is over are as good as gone: the id may be taken again", async () => {
      const { batches, client, table } = await newStores();
      const old = batch("old");
      const Item = { pk: `batch#${old.id}`, ...old, expires_at: Math.floor(NOON / 1000) };
      await client.send(new PutCommand({ TableName: table, Item }));
      expect(await batches.get(old.id)).toBeNull();
      expect(await batches.insert(old)).toBeNull();
      expect(await batches.get(old.id)).toEqual(old);
    });

    test("know what became of their generations from the index alone", async () => {
      const { batches, generations } = await newStores();
      const [waiting, claimed, alone] = [
        { ...queued({ lane: "batch" }), batch_id: "bat_1", idempotency_key: "batch bat_1 1 7" },
        { ...queued({ lane: "batch" }), batch_id: "bat_1", idempotency_key: "batch bat_1 2 7" },
        queued(),
      ];
      const left = { ...queued({ lane: "batch" }), batch_id: "bat_1", idempotency_key: "batch bat_1 1 6" };
      await generations.insert(left);
      for (const each of [waiting, claimed, alone]) await generations.insert(each);
      await generations.save(submitting(claimed));
      const batch = { id: "bat_1", edition: "7" };
      const members = await batches.members(batch);
      expect(members.map(({ status, line }) => [status, line]).sort()).toEqual([
        ["queued", 1],
        ["running", 2],
      ]);
      expect(await batches.members(batch, { status: "running", limit: 10 })).toMatchObject([{ line: 2 }]);
      expect(await batches.members({ id: "bat_1", edition: "6" })).toMatchObject([{ line: 1 }]);
    });
  });

  describe("the pacer", () => {
    test("gives ten at once ten slots, each an interval apart", async () => {
      const { pacer } = await newStores();
      const turns = await Promise.all(Array.from({ length: 10 }, () => pacer().take(HOUR)));
      const slots = turns.flatMap((turn) => (turn.kind === "slot" ? [turn.at] : [])).sort((a, b) => a - b);
      expect(slots).toHaveLength(10);
      for (const [index, at] of slots.entries())
        if (index > 0) expect(at - slots[index - 1]!).toBeGreaterThanOrEqual(100);
    });

    test("keeps hold-offs, pauses, late calls and their end, broken numbers too", async () => {
      const { pacer } = await newStores();
      const turn = await pacer().take(0);
      if (turn.kind !== "slot") throw new Error("the first slot is taken");
      await pacer().departed(turn, turn.at + 1234.5678);
      expect((await pacer().status()).nextSlotAt).toBeGreaterThan(NOON + 1234);
      await pacer().holdOff(NOON + 90_000.25);
      expect((await pacer().status()).nextSlotAt).toBeGreaterThanOrEqual(NOON + 90_000);
      await pacer().pause("key");
      expect((await pacer().status()).paused).toBe("key");
      await pacer().resume();
      expect((await pacer().status()).paused).toBeNull();
      await pacer().confirm(turn);
    });
  });

  describe("an end that nobody has heard of", () => {
    test("is told again, later each time, until somebody has or it is given up", async () => {
      const { generations, ends } = await newStores();
      const [heard, lost] = [
        { ...queued(), idempotency_key: "heard", id: "gen_heard" },
        { ...queued(), id: "gen_lost" },
      ];
      for (const each of [heard, lost]) {
        await generations.insert(each);
        expect(await generations.save(cancel(each, NOON))).toBe(true);
      }
      expect(await ends.due(NOON)).toEqual([]);
      await ends.announced(heard.id);
      expect(await ends.due(NOON + HOUR)).toEqual([lost.id]);
      const ended = await generations.get(lost.id);
      if (ended === null || isOpen(ended)) throw new Error("it has ended");
      await ends.tellAgain(ended, NOON + 2 * HOUR);
      expect(await ends.due(NOON + HOUR)).toEqual([]);
      expect(await generations.get(lost.id)).toMatchObject({ announced: false, announce_tries: 1 });
      await ends.giveUp(lost.id);
      expect(await ends.due(NOON + 3 * HOUR)).toEqual([]);
      expect(await generations.get(heard.id)).toMatchObject({ announced: true });
    });
  });

  describe("what else is kept", () => {
    test("API keys are found, listed apart from generations of owners, and revoked once", async () => {
      const { keys, generations } = await newStores();
      await generations.insert(queued());
      const { key, key_id } = await keys.create("shop");
      await keys.create("another");
      expect(await keys.find(key)).toMatchObject({ key_owner: "shop" });
      expect(await keys.find("aik_none")).toBeNull();
      expect((await keys.list()).map(({ key_owner }) => key_owner).sort()).toEqual(["another", "shop"]);
      expect(await keys.revoke(key_id)).toBe("revoked");
      expect(await keys.revoke(key_id)).toBe("revoked_before");
      expect(await keys.revoke("000000000000")).toBe("unknown");
      expect(await keys.find(key)).toBeNull();
    });

    test("task tokens are a set", async () => {
      const { tokens } = await newStores();
      expect(await tokens.of("gen_1")).toEqual([]);
      for (const token of ["one", "two", "one"]) await tokens.add("gen_1", token);
      expect((await tokens.of("gen_1")).sort()).toEqual(["one", "two"]);
    });

    test("requests of the minute are counted one by one, thirty at once too", async () => {
      const { limits } = await newStores();
      const counts = await Promise.all(Array.from({ length: 30 }, () => limits.count("owner")));
      expect(counts.map(({ used }) => used).sort((a, b) => a - b)).toEqual(
        counts.map((_, index) => index + 1),
      );
      expect((await limits.count("another")).used).toBe(1);
    });

    test("the secret of the cursors is one, whoever makes it first", async () => {
      const { cursorKey } = await newStores();
      const made = await Promise.all([cursorKey(), cursorKey(), cursorKey()]);
      expect(new Set(made.map((each) => Buffer.from(each).toString("hex"))).size).toBe(1);
      expect(await cursorKey()).toEqual(made[0]);
    });
  });
}

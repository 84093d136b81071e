import fc from "fast-check";
import { expect, test } from "vitest";
import { isOpen } from "../../../lambdas/generations/record.ts";
import { parseCreateRequest } from "../../../lambdas/generations/request.ts";
import { noteDelivered, sendOnce } from "../../../lambdas/openai/send-once.ts";
import { schema } from "../../support/generations.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

const intent = {
  request: parseCreateRequest(schema, { prompt: "a fox" }),
  owner: "alice",
  lane: "interactive",
  idempotencyKey: null,
} as const;

/** What may happen to one send. */
const fates = [
  "answered",
  "lost on its way",
  "late",
  "doubled",
  "answer lost",
  "hung up on",
  "write lost",
] as const;
type Fate = (typeof fates)[number];

interface Caller {
  readonly startsAt: number;
  /** How long each of its sends waits, and how long it pauses before the next. */
  readonly patience: number;
  readonly pause: number;
  /** Of its sends, one after the other; then all goes well. */
  readonly fates: readonly Fate[];
}

const callers = (fate: fc.Arbitrary<Fate>) =>
  fc.array(
    fc.record({
      startsAt: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 120_000 })),
      patience: fc.integer({ min: 500, max: 25_000 }),
      pause: fc.integer({ min: 2_000, max: 20_000 }),
      fates: fc.array(fate, { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 6 },
  );

/** How long the provider paints, one generation after the other. */
const paints = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 1_000_000 }) },
  ),
  { minLength: 6, maxLength: 6 },
);

/** Lets identical requests take their course; answers which generation each caller got, and all that were started. */
async function play(senders: readonly Caller[], durations: readonly number[]) {
  const api = apiUnderTest();
  const ends = new Map<string, number>();
  const got = new Map<Caller, string>();
  const agenda: { at: number; act: () => Promise<void> }[] = [];
  const start = api.clock.now;
  const later = (at: number, act: () => Promise<void>) => {
    const after = agenda.findIndex((each) => each.at > at);
    agenda.splice(after < 0 ? agenda.length : after, 0, { at, act });
  };

  async function arrive(caller: Caller, retryCount: number, fate: Fate, heard: boolean): Promise<void> {
    const sentAt = api.clock.now;
    const until = sentAt + caller.patience;
    const again = (at: number) => {
      if (heard) later(at + caller.pause, () => send(caller, retryCount + 1));
    };
    const { save } = api.ledger;
    const failing = async (...parameters: Parameters<typeof save>) => {
      await save(...parameters);
      throw new Error("the answer of the table was lost");
    };
    const ledger = fate === "write lost" ? { ...api.ledger, save: failing } : api.ledger;
    const sent = await sendOnce(
      intent,
      { key: "k", retryCount, until },
      { ...api.dependencies, ledger },
    ).catch(() => null);
    for (const id of api.generations.records.keys()) {
      if (ends.has(id)) continue;
      ends.set(id, sentAt + (durations[ends.size] ?? 0));
      later(ends.get(id) ?? 0, () => api.succeed(id));
    }
    if (sent === null) return again(sentAt);
    if (fate === "hung up on") again(sentAt + caller.patience / 2);
    const { id } = sent.generation;
    later(Math.max(sentAt, Math.min(until, ends.get(id) ?? 0)), async () => {
      const latest = await api.generations.get(id);
      const isFinal = latest !== null && !isOpen(latest);
      if (isFinal) await noteDelivered(latest, "k", api.dependencies);
      if (!heard || fate === "hung up on") return;
      if (isFinal && fate !== "answer lost") got.set(caller, id);
      else again(api.clock.now);
    });
  }

  async function send(caller: Caller, retryCount: number): Promise<void> {
    const fate = caller.fates[retryCount] ?? "answered";
    const next = () => send(caller, retryCount + 1);
    if (fate === "lost on its way") return later(api.clock.now + caller.pause, next);
    if (fate === "late") {
      later(api.clock.now + caller.pause, next);
      return later(api.clock.now + 25_000, () => arrive(caller, retryCount, fate, false));
    }
    await arrive(caller, retryCount, fate, true);
    if (fate === "doubled" && retryCount > 0) await arrive(caller, retryCount, fate, false);
  }

  for (const caller of senders) later(start + caller.startsAt, () => send(caller, 0));
  for (let next = agenda.shift(); next !== undefined; next = agenda.shift()) {
    api.clock.now = Math.max(api.clock.now, next.at);
    await next.act();
  }
  return { got, started: [...api.generations.records.keys()] };
}

test("identical requests at once get a picture of their own each, and none is left over", async () => {
  await fc.assert(
    fc.asyncProperty(callers(fc.constant("answered")), paints, async (senders, durations) => {
      const { got, started } = await play(senders, durations);
      expect([...got.values()].sort()).toEqual(started.sort());
      expect(started).toHaveLength(senders.length);
    }),
    { numRuns: 300 },
  );
});

test("whatever befalls the sends, each request is submitted once and each caller gets a picture", async () => {
  await fc.assert(
    fc.asyncProperty(callers(fc.constantFrom(...fates)), paints, async (senders, durations) => {
      const { got, started } = await play(senders, durations);
      expect(got.size).toBe(senders.length);
      expect(started.length).toBeLessThanOrEqual(senders.length);
      // A first send that never comes is not known to be one, where its re-sends find an identical request to join.
      if (!senders.some(({ fates: [first] }) => first === "lost on its way"))
        expect(started).toHaveLength(senders.length);
    }),
    { numRuns: 500 },
  );
});

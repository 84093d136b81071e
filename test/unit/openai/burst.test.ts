import { expect, test } from "vitest";
import { isOpen } from "../../../lambdas/generations/record.ts";
import type { Pacer } from "../../../lambdas/pacing/limiter.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { type Answer, type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";
import { inMemoryPacer } from "../../support/in-memory-stores.ts";
import { MINUTE, Timeline } from "../../support/world/timeline.ts";

const MODEL = "qwen-image-max";
const PAINTING_MS = 16_000;

/** The door in virtual time, with a worker that paints at a provider's pace. */
function doorAt(requestsPerMinute: number) {
  const timeline = new Timeline([]);
  const sleep = (milliseconds: number) =>
    new Promise<void>((resolve) => timeline.after(milliseconds, resolve));
  const pacer = inMemoryPacer(paceOf(requestsPerMinute, 1), timeline.now);
  const api = apiUnderTest({ now: timeline.now, sleep, pacerOf: () => pacer });
  Object.defineProperty(api.clock, "now", { get: timeline.now });
  const end = timeline.clock + 10 * MINUTE;
  timeline.every(
    250,
    () => true,
    () => paintFirst(api, pacer, sleep),
  );
  return {
    api,
    timeline,
    sleep,
    async play<Result>(callers: readonly Promise<Result>[]): Promise<Result[]> {
      while (await timeline.step(end));
      return Promise.all(callers);
    },
  };
}

/** Gives a slot, once there is one, to the first of the queue. */
async function paintFirst(
  api: ApiUnderTest,
  pacer: Pacer,
  sleep: (milliseconds: number) => Promise<void>,
): Promise<void> {
  const { now } = api.dependencies;
  const [first] = await api.generations.firstQueued("interactive", MODEL, now());
  if (first === undefined || (await pacer.take(0)).kind !== "slot") return;
  await api.start(first);
  void sleep(PAINTING_MS).then(() => api.succeed(first));
}

/** Sends as an SDK with its defaults does: three times, as long as it is told to. Answers what its caller gets, and when. */
async function asSdk({ api, timeline, sleep }: ReturnType<typeof doorAt>, prompt: string) {
  const began = timeline.clock;
  for (let retryCount = 0; ; retryCount++) {
    const answer: Answer = await api.send({
      method: "POST",
      path: "/images/generations",
      body: { model: MODEL, prompt },
      headers: { "x-stainless-retry-count": String(retryCount) },
    });
    const isLast = retryCount === 2 || answer.headers["x-should-retry"] !== "true";
    if (answer.status === 200 || isLast) return { answer, seconds: (timeline.clock - began) / 1000 };
    await sleep(Number(answer.headers["retry-after"]) * 1000);
  }
}

test.each([1, 2, 3, 20])(
  "of %i callers at once at 2 a minute, each is served or refused at once, and nobody pays for a refusal",
  async (count) => {
    const door = doorAt(2);
    const callers = Array.from({ length: count }, (_, index) => asSdk(door, `a fox, ${index}`));
    const ends = await door.play(callers);

    const served = ends.filter(({ answer }) => answer.status === 200);
    const refused = ends.filter(({ answer }) => answer.status !== 200);
    expect(served).toHaveLength(Math.min(count, 2));
    for (const { answer, seconds } of refused) {
      expect([answer.body.code, answer.body.billed, answer.headers["x-should-retry"]]).toEqual([
        "provider_throttled",
        "no",
        "false",
      ]);
      expect(seconds).toBeLessThan(5);
    }
    const records = [...door.api.generations.records.values()];
    expect(records.filter(isOpen)).toEqual([]);
    expect(records.filter(({ state }) => state === "succeeded")).toHaveLength(served.length);
  },
);

test("callers who come one after the other are served as long as there is room, and refused at once when there is none", async () => {
  const door = doorAt(2);
  const late = async (index: number) => {
    await door.sleep(index * 5_000);
    return asSdk(door, `a fox, ${index}`);
  };
  const ends = await door.play(Array.from({ length: 20 }, (_, index) => late(index)));

  const served = ends.filter(({ answer }) => answer.status === 200);
  for (const { answer, seconds } of ends.filter(({ answer }) => answer.status !== 200)) {
    expect([answer.body.code, answer.headers["x-should-retry"]]).toEqual(["provider_throttled", "false"]);
    expect(seconds).toBeLessThan(5);
  }
  const painted = [...door.api.generations.records.values()].filter(({ state }) => state === "succeeded");
  expect(painted).toHaveLength(served.length);
  // A hundred seconds at 2 a minute: no slot of theirs is left idle.
  expect(served.length).toBeGreaterThanOrEqual(4);
});

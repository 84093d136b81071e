import { expect, test } from "vitest";
import type { Generation, Submitting } from "../../../lambdas/generations/record.ts";
import { requeue } from "../../../lambdas/generations/transitions/refuse.ts";
import type { Pacer } from "../../../lambdas/pacing/limiter.ts";
import { paceOf } from "../../../lambdas/pacing/pace.ts";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";
import { inMemoryPacer } from "../../support/in-memory-stores.ts";

function doorUnderTest(): { api: ApiUnderTest; pacer: Pacer } {
  const pacer = inMemoryPacer(paceOf(60, 1), () => api.clock.now);
  const api: ApiUnderTest = apiUnderTest({ pacerOf: () => pacer });
  return { api, pacer };
}

const ask = (retryCount = 0, headers: Record<string, string> = {}) => ({
  method: "POST",
  path: "/images/generations",
  body: { model: "qwen-image-max", prompt: "a fox" },
  headers: { "X-Stainless-Retry-Count": String(retryCount), ...headers },
});

const states = (api: ApiUnderTest) => [...api.generations.records.values()].map(({ state }) => state);

/** The provider refuses the account for the one generation there is. */
async function refuseAccount(api: ApiUnderTest, pacer: Pacer): Promise<void> {
  const [{ id } = { id: "" }] = api.generations.records.values();
  await api.start(id);
  await pacer.pause("key");
  const refused = {
    now: api.clock.now,
    notBefore: api.clock.now,
    counted: false,
    reason: "provider_paused",
    detail: "The provider refuses the service's account (key).",
    provider: null,
  } as const;
  await api.generations.save(requeue((await api.generations.get(id)) as Submitting, refused));
}

test("a request that could not start in time is refused at once, and leaves nothing behind", async () => {
  const { api, pacer } = doorUnderTest();
  await pacer.holdOff(api.clock.now + 90_000);
  const began = api.clock.now;

  for (const headers of [{}, { "Idempotency-Key": "order-1" }]) {
    const { status, body, headers: answered } = await api.send(ask(0, headers));
    expect([status, body.code, answered["x-should-retry"]]).toEqual([503, "provider_throttled", "false"]);
    expect(Number(answered["retry-after"])).toBeGreaterThanOrEqual(90);
  }
  expect([states(api), api.clock.now]).toEqual([[], began]);
});

test("while the provider refuses the account it answers so, and leaves nothing behind", async () => {
  const { api, pacer } = doorUnderTest();
  await pacer.pause("money");
  const { status, body, headers } = await api.send(ask());
  expect([status, body.code, headers["x-should-retry"]]).toEqual([502, "provider_misconfigured", "false"]);
  expect(JSON.stringify(body)).not.toContain("money");
  expect(states(api)).toEqual([]);
});

test("the request that finds the account refused hears of it at once; its generation is canceled", async () => {
  const { api, pacer } = doorUnderTest();
  const began = api.clock.now;
  api.meanwhile.push(() => refuseAccount(api, pacer));
  const { status, body, headers } = await api.send(ask());
  expect([status, body.code, body.billed, headers["x-should-retry"]]).toEqual([
    502,
    "provider_misconfigured",
    "no",
    "false",
  ]);
  expect(states(api)).toEqual(["canceled"]);
  expect(api.clock.now - began).toBeLessThan(2_000);
});

test("what is still queued when the last answer says so is canceled: nobody pays for a picture nobody waits for", async () => {
  const { api } = doorUnderTest();
  const answers = [];
  for (const retryCount of [0, 1, 2]) {
    answers.push(await api.send(ask(retryCount)));
    api.clock.now += 2_000;
  }
  expect(answers.map(({ status, headers }) => [status, headers["x-should-retry"]])).toEqual([
    [503, "true"],
    [503, "true"],
    [503, "false"],
  ]);
  expect(states(api)).toEqual(["canceled"]);
  // Another request is another wish, not the canceled one.
  expect((await api.send(ask())).headers["x-should-retry"]).toBe("true");
  expect(states(api)).toEqual(["canceled", "queued"]);
});

test("what a worker has claimed meanwhile is painted, and its caller told to ask again", async () => {
  const { api, pacer } = doorUnderTest();
  const { save } = api.generations;
  let beaten = false;
  Object.assign(api.generations, {
    async save(next: Generation) {
      if (!beaten && next.state !== "submitting") {
        beaten = true;
        await api.start(next.id);
      }
      return save(next);
    },
  });
  api.meanwhile.push(async () => void (await pacer.holdOff(api.clock.now + 3600_000)));
  const answer = await api.send(ask());
  expect([answer.status, answer.headers["x-should-retry"]]).toEqual([503, "true"]);
  expect(states(api)).toEqual(["submitting"]);
});

test("another call's generation, found by its key, is not canceled", async () => {
  const { api, pacer } = doorUnderTest();
  const key = { "Idempotency-Key": "order-1" };
  await api.send(ask(0, key));
  await pacer.holdOff(api.clock.now + 3600_000);
  const answer = await api.send(ask(0, key));
  expect([answer.status, answer.headers["x-should-retry"]]).toEqual([503, "true"]);
  expect(states(api)).toEqual(["queued"]);
});

import { ListRulesCommand } from "@aws-sdk/client-eventbridge";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import { describe, expect, test } from "vitest";
import { fly } from "../../bin/canary/flight.ts";
import { localPlace, type Place } from "../../bin/canary/place.ts";
import { silence } from "../../bin/progress.ts";
import { simulator, stack } from "./harness.ts";

const place = localPlace(stack);
const { signal } = new AbortController();

/** Rules and queues that a canary has left. */
async function left(): Promise<number> {
  const rules = await place.events.send(new ListRulesCommand({ EventBusName: place.eventBus }));
  const queues = await place.queues.send(new ListQueuesCommand({ QueueNamePrefix: "image-service-canary" }));
  return (rules.Rules?.length ?? 0) + (queues.QueueUrls?.length ?? 0);
}

describe("the canary", () => {
  test("proves a picture through each door, its bytes, record and event, and says what they cost", async () => {
    const flight = await fly(place, silence, signal);
    expect(flight.results.filter(({ ok }) => !ok)).toEqual([]);
    expect(flight.results.map(({ name }) => name)).toEqual([
      "REST",
      "REST, event",
      "OpenAI",
      "OpenAI, event",
      "workflow",
      "workflow, event",
    ]);
    for (const name of ["REST", "OpenAI", "workflow"])
      expect(flight.results.find((result) => result.name === name)?.says).toMatch(
        /^gen_\w+: 1664 × 928, .* painted once, billed yes; .*bucket and record agree$/,
      );
    expect(flight.unproved).toBe(0);
    expect(flight.paid).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ cost: "0.075", currency: "USD" })),
    );
    expect(await left()).toBe(0);
  });

  test("finds a picture in the bucket that is not the one of the record", async () => {
    const altered: Place = {
      ...place,
      objects: {
        send: async () => ({ Body: { transformToByteArray: async () => new Uint8Array(7) } }),
      } as unknown as Place["objects"],
    };
    const { results, paid, unproved } = await fly(altered, silence, signal);
    const rest = results.find(({ name }) => name === "REST");
    expect(rest).toMatchObject({
      ok: false,
      says: expect.stringMatching(/in the bucket are not those of its record/),
    });
    expect([paid.length, unproved]).toEqual([0, 3]);
    expect(await left()).toBe(0);
  });

  test("spends nothing where it cannot hear the bus", async () => {
    const before = (await simulator.calls()).length;
    await expect(fly({ ...place, eventBus: "there-is-none" }, silence, signal)).rejects.toThrow();
    expect((await simulator.calls()).length).toBe(before);
    expect(await left()).toBe(0);
  });
});

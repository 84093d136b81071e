import type { SQSEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import type { WorkerDependencies } from "../../../lambdas/painting/dependencies.ts";
import { messageBody } from "../../../lambdas/painting/queue.ts";
import { receiveTurns } from "../../../lambdas/painting/receive-turns.ts";
import { NOON, painted, queued, submitting } from "../../support/generations.ts";
import { type Bench, workerBench } from "../../support/worker-bench.ts";

/** What became of messages: sent anew, put back with seconds, sent to the dead-letter queue. */
function queueOf(bench: Bench) {
  const sent: string[] = [];
  const putBack: number[] = [];
  const held: number[] = [];
  const deadLetters: string[] = [];
  const queue = {
    send: async (ids: readonly string[]) => {
      sent.push(...ids);
    },
    putBack: async (_: string, seconds: number) => {
      putBack.push(seconds);
    },
    hold: async (_: string, seconds: number) => {
      held.push(seconds);
    },
    deadLetter: async (body: string) => {
      deadLetters.push(body);
    },
  };
  const receive = receiveTurns({ dependencies: bench.dependencies, queue });
  return { sent, putBack, held, deadLetters, queue, receive };
}

function event(body: string, deliveries = 1): SQSEvent {
  const record = {
    messageId: "message",
    receiptHandle: "receipt",
    body,
    attributes: { ApproximateReceiveCount: String(deliveries) },
  };
  return { Records: [record] } as unknown as SQSEvent;
}

const DELETED = { batchItemFailures: [] };
const KEPT = { batchItemFailures: [{ itemIdentifier: "message" }] };

const failing = (): Partial<WorkerDependencies> => ({
  providerKey: {
    get: async () => {
      throw new Error("Secrets Manager fails");
    },
    replaces: async () => false,
  },
});

describe("a message", () => {
  test("that is done with is deleted", async () => {
    const bench = workerBench();
    const generation = queued();
    bench.put(generation);
    expect(await queueOf(bench).receive(event(messageBody(generation.id)))).toEqual(DELETED);
  });

  test("that has to come back is kept, and hidden for exactly that long", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    const { receive, putBack } = queueOf(bench);
    expect(await receive(event(messageBody(generation.id)))).toEqual(KEPT);
    expect(putBack).toEqual([25]);
  });

  test("in work is hidden for a short while from its receipt on, and not any more when it is put back", async () => {
    const order: string[] = [];
    let beat = async () => {};
    const bench = workerBench({
      every: (milliseconds, act) => {
        order.push(`every ${milliseconds}`);
        beat = act;
        return async () => {
          order.push("stopped");
        };
      },
    });
    const generation = submitting();
    bench.put(generation);
    const { receive, queue, held } = queueOf(bench);
    queue.putBack = async () => {
      order.push("put back");
    };
    await receive(event(messageBody(generation.id)));
    await beat();
    expect(held).toEqual([45, 45]);
    expect(order).toEqual(["every 15000", "stopped", "put back"]);
  });

  test("is worked on although its signs of life fail", async () => {
    const bench = workerBench();
    const generation = queued();
    bench.put(generation);
    const { receive, queue } = queueOf(bench);
    queue.hold = () => Promise.reject(new Error("SQS fails"));
    expect(await receive(event(messageBody(generation.id)))).toEqual(DELETED);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("that can't be put back is kept all the same", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    const { receive, queue } = queueOf(bench);
    queue.putBack = async () => {
      throw new Error("SQS fails");
    };
    expect(await receive(event(messageBody(generation.id)))).toEqual(KEPT);
  });

  test.each([
    "",
    "no JSON",
    "{}",
    "[]",
    "null",
    '{"generation_id":7}',
    '{"generation_id":"gen_short"}',
    '{"generation_id":"../../secrets"}',
  ])("that reads %j goes to the dead letters, with an alarm", async (body) => {
    const bench = workerBench();
    const { receive, deadLetters } = queueOf(bench);
    expect(await receive(event(body))).toEqual(DELETED);
    expect(deadLetters).toEqual([body]);
    expect(bench.signals).toEqual(["PoisonMessage"]);
  });

  test("that nobody can read is kept while the dead letters fail", async () => {
    const { receive, queue } = queueOf(workerBench());
    queue.deadLetter = async () => {
      throw new Error("SQS fails");
    };
    expect(await receive(event("no JSON"))).toEqual(KEPT);
  });
});

describe("a failing table or secret", () => {
  test.each([
    [1, 2],
    [2, 4],
    [5, 32],
    [6, 60],
    [29, 60],
  ])("on delivery %i brings the message back after %i s", async (deliveries, seconds) => {
    const bench = workerBench(failing());
    const generation = queued();
    bench.put(generation);
    const { receive, putBack, sent } = queueOf(bench);
    expect(await receive(event(messageBody(generation.id), deliveries))).toEqual(KEPT);
    expect(putBack).toEqual([seconds]);
    expect(sent).toEqual([]);
    expect(bench.signals).toEqual(["DeliveryFailed"]);
    expect(bench.record(generation).state).toBe("queued");
  });
});

describe("a corrupt record", () => {
  test("leaves every queue, its message goes to the dead letters, with an alarm", async () => {
    const bench = workerBench();
    const generation = queued();
    bench.put(generation);
    bench.generations.corrupt(generation.id);
    const { receive, deadLetters } = queueOf(bench);
    expect(await receive(event(messageBody(generation.id)))).toEqual(DELETED);
    expect(deadLetters).toEqual([messageBody(generation.id)]);
    expect(bench.signals).toEqual(["PoisonMessage"]);
    expect(await bench.generations.due(NOON + 1e12)).toEqual([]);
  });
});

describe("poison", () => {
  test("a message that kills the worker again and again ends in the dead letters, its generation failed", async () => {
    const bench = workerBench(failing());
    const generation = queued();
    bench.put(generation);
    const { receive, deadLetters } = queueOf(bench);
    expect(await receive(event(messageBody(generation.id), 41))).toEqual(DELETED);
    expect(deadLetters).toHaveLength(1);
    expect(bench.signals).toEqual(["PoisonMessage"]);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { code: "internal", billed: "no" },
    });
  });

  test("what was painted stays for the reconciler: it is paid", async () => {
    const bench = workerBench();
    const generation = painted();
    bench.put(generation);
    await queueOf(bench).receive(event(messageBody(generation.id), 41));
    expect(bench.record(generation).state).toBe("painted");
  });

  test("waiting is no poison: a message deferred for the 30th time is replaced by a fresh one", async () => {
    const bench = workerBench();
    const generation = queued();
    bench.put(generation);
    await bench.pacer.pause("money");
    const { receive, sent, putBack } = queueOf(bench);
    expect(await receive(event(messageBody(generation.id), 29))).toEqual(KEPT);
    expect(await receive(event(messageBody(generation.id), 30))).toEqual(DELETED);
    expect(sent).toEqual([generation.id]);
    expect(putBack).toHaveLength(1);
  });

  test("nor is a service that fails for long: the message is replaced too", async () => {
    const bench = workerBench(failing());
    const generation = queued();
    bench.put(generation);
    const { receive, sent, deadLetters } = queueOf(bench);
    bench.pacer.take = async () => {
      throw new Error("DynamoDB fails");
    };
    expect(await receive(event(messageBody(generation.id), 30))).toEqual(DELETED);
    expect(sent).toEqual([generation.id]);
    expect(deadLetters).toEqual([]);
    expect(bench.record(generation).state).toBe("queued");
  });

  test("a fresh one that can't be sent leaves the old one in its place", async () => {
    const bench = workerBench();
    const generation = submitting();
    bench.put(generation);
    const { receive, queue } = queueOf(bench);
    queue.send = async () => {
      throw new Error("SQS fails");
    };
    expect(await receive(event(messageBody(generation.id), 30))).toEqual(KEPT);
  });
});

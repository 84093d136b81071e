import type { SQSEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { logged } from "../../lambdas/generations/logged.ts";
import { oldestOpenSeconds } from "../../lambdas/generations/oldest-open.ts";
import type { Generation } from "../../lambdas/generations/record.ts";
import { expire } from "../../lambdas/generations/transitions/queued.ts";
import type { Download } from "../../lambdas/images/download.ts";
import { messageBody } from "../../lambdas/painting/queue.ts";
import { receiveTurns } from "../../lambdas/painting/receive-turns.ts";
import { reconcile } from "../../lambdas/painting/reconcile.ts";
import { relayEnds } from "../../lambdas/workflows/relay.ts";
import { HOUR, NOON, painted, queued, succeeded } from "../support/generations.ts";
import { inMemoryAnswers, inMemoryGenerations } from "../support/in-memory-stores.ts";
import { type Bench, lost, operatorFault, workerBench } from "../support/worker-bench.ts";
import { functionsOf, resourcesOf, synthesised } from "./synthesised.ts";

/** What a function publishes on a bad day: names of metrics, each as often as it is counted, or with its value. */
type Published = Readonly<Record<string, number>>;

interface Day {
  readonly alarm: string;
  /** The function that publishes it, by its short name. */
  readonly by: string;
  readonly play: () => Promise<Published>;
}

const refusedPage: Download = {
  kind: "refused",
  detail: "no PNG, JPEG or WebP",
  path: "/tmp/page",
  bytes: 7,
  sha256: "00",
  sha256Base64: "AA==",
  discard: async () => {},
};

const tally = (signals: readonly string[]): Published =>
  Object.fromEntries(
    [...new Set(signals)].map((name) => [name, signals.filter((each) => each === name).length]),
  );

/** A worker that is given one generation, and what it signalled. */
async function worker(
  prepare: (bench: Bench) => void,
  generation: Generation = painted(),
): Promise<Published> {
  const bench = workerBench();
  bench.put(generation);
  prepare(bench);
  await bench.deliver(generation);
  return tally(bench.signals);
}

/** A worker that gets so many messages while something refuses every one of them. */
async function failingWorker(messages: number): Promise<Published> {
  const denied = async () => {
    throw Object.assign(new Error("denied"), { name: "AccessDeniedException" });
  };
  const bench = workerBench({ providerKey: { get: denied, replaces: denied } });
  const generation = queued();
  bench.put(generation);
  const attributes = { ApproximateReceiveCount: "1" };
  const record = { messageId: "m", receiptHandle: "r", body: messageBody(generation.id), attributes };
  const nothing = async () => {};
  const receive = receiveTurns({
    dependencies: bench.dependencies,
    queue: { send: nothing, putBack: nothing, hold: nothing, deadLetter: nothing },
  });
  for (let each = 0; each < messages; each++) await receive({ Records: [record] } as unknown as SQSEvent);
  return tally(bench.signals);
}

const days: readonly Day[] = [
  {
    alarm: "provider-paused",
    by: "worker",
    play: () => worker((bench) => bench.answers.push(operatorFault("money")), queued()),
  },
  {
    alarm: "outcome-unknown",
    by: "worker",
    play: () => worker((bench) => bench.answers.push(lost), queued()),
  },
  {
    alarm: "image-host-unknown",
    by: "worker",
    play: () => worker((bench) => bench.downloads.push({ kind: "unknown_host", host: "new.example" })),
  },
  {
    alarm: "image-refused",
    by: "worker",
    play: () => worker((bench) => bench.downloads.push(...Array<Download>(3).fill(refusedPage))),
  },
  {
    alarm: "image-unavailable",
    by: "worker",
    play: () =>
      worker((bench) => {
        bench.now = NOON + 25 * HOUR;
        bench.downloads.push(...Array<Download>(3).fill({ kind: "gone", status: 404 }));
      }),
  },
  { alarm: "delivery-failed", by: "worker", play: () => failingWorker(3) },
  {
    alarm: "generations-expired",
    by: "worker",
    async play() {
      const counts: string[] = [];
      const quiet = { info: () => {}, warn: () => {} };
      const inner = inMemoryGenerations();
      const generation = queued();
      inner.put(generation);
      const store = logged(inner, quiet, (name) => counts.push(name));
      await store.save(expire(generation, NOON + 24 * HOUR));
      return tally(counts);
    },
  },
  {
    alarm: "end-not-announced",
    by: "relay",
    async play() {
      const signals: string[] = [];
      const refused = async () => {
        throw Object.assign(new Error("denied"), { name: "AccessDeniedException" });
      };
      await relayEnds(
        { added: [], amended: [], ended: [succeeded()] },
        {
          announce: refused,
          ends: { announced: async () => {} },
          sleep: async () => {},
          signal: (name) => signals.push(name),
        },
      );
      return tally(signals);
    },
  },
  {
    alarm: "queue-too-old",
    by: "reconciler",
    async play() {
      const generations = inMemoryGenerations();
      generations.put(queued());
      generations.put(queued({ now: NOON + 17 * HOUR }));
      return { OldestOpenGenerationSeconds: await oldestOpenSeconds(generations, NOON + 18 * HOUR) };
    },
  },
  {
    alarm: "poison-message",
    by: "reconciler",
    async play() {
      const generations = inMemoryGenerations();
      const generation = queued();
      generations.put(generation);
      generations.corrupt(generation.id);
      const signals: string[] = [];
      const queue = { send: async () => {} };
      const now = () => NOON + 48 * HOUR;
      await reconcile({
        generations,
        queue,
        answers: inMemoryAnswers(),
        now,
        signal: (name) => signals.push(name),
      });
      return tally(signals);
    },
  },
];

interface MetricOf {
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

const stack = synthesised("prod");
const alarms = new Map(
  resourcesOf(stack, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => [
    String(Properties["AlarmName"]).replace("image-service-prod-", ""),
    Properties,
  ]),
);

/** What an alarm watches of the metrics that a function publishes itself; a single one, or the parts of a sum. */
function watchedOf(alarm: string, by: string): MetricOf | undefined {
  const properties = alarms.get(alarm);
  if (properties === undefined) return undefined;
  const parts = [
    properties,
    ...(properties["Metrics"] ?? []).map(
      (each: { MetricStat?: { Metric: MetricOf } }) => each.MetricStat?.Metric,
    ),
  ];
  return parts.find(
    (each) =>
      each?.Namespace === "ImageService" &&
      each.Dimensions.some(({ Value }: { Value: string }) => Value === `image-service-prod-${by}`),
  );
}

describe("on the day that", () => {
  test.each(days.filter(({ alarm, by }) => watchedOf(alarm, by) !== undefined))(
    "$alarm is for, $by publishes what rings it",
    async ({ alarm, by, play }) => {
      const watched = watchedOf(alarm, by);
      const variables = functionsOf(stack)[by]?.["Environment"].Variables;
      expect(watched).toMatchObject({
        Namespace: variables.POWERTOOLS_METRICS_NAMESPACE,
        Dimensions: [{ Name: "service", Value: variables.POWERTOOLS_SERVICE_NAME }],
      });
      const published = await play();
      expect(published[watched?.MetricName ?? ""]).toBeGreaterThanOrEqual(alarms.get(alarm)?.["Threshold"]);
      expect(alarms.get(alarm)?.["EvaluationPeriods"]).toBe(1);
    },
  );
});

describe("no alarm rings", () => {
  test("when a caller gave its picture a few minutes only, and they passed", async () => {
    const counts: string[] = [];
    const inner = inMemoryGenerations();
    const generation = queued({ deadlineSeconds: 300 });
    inner.put(generation);
    const store = logged(inner, { info: () => {}, warn: () => {} }, (name) => counts.push(name));
    expect(await store.save(expire(generation, NOON + HOUR))).toBe(true);
    expect(counts).toEqual([]);
  });

  test("when a picture is painted and stored", async () => {
    expect(await worker(() => {}, queued())).toEqual({});
    expect(await worker(() => {})).toEqual({});
  });
});

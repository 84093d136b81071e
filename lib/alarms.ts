import { Duration } from "aws-cdk-lib";
import type { Environment } from "./environment-schema.ts";
import type { Expansions } from "./expansions.ts";
import type { Functions } from "./functions.ts";
import { paintingAlarms } from "./painting-alarms.ts";
import { counted, published, sumOf } from "./published-metric.ts";
import type { WorkQueue } from "./queue.ts";
import type { ServiceRestApi } from "./rest-api.ts";
import type { AlarmRule } from "./service-alarm.ts";

/** The parts of the service that are watched. */
export interface Watched {
  readonly environment: Environment;
  readonly functions: Functions;
  readonly queue: WorkQueue;
  readonly expansions: Expansions;
  readonly api: ServiceRestApi;
}

/** Every alarm. The name is also the anchor of its section in docs/operations.md. */
export function alarms({ functions, queue, expansions, api, environment }: Watched): AlarmRule[] {
  const { worker, relay, reconciler, task, authorizer, expander } = functions;
  const apiFunction = functions.api;
  const fiveMinutes = { period: Duration.minutes(5), statistic: "Sum" };
  return [
    {
      name: "dead-letter-queue-not-empty",
      severity: "high",
      impact:
        "A generation's turn was given up: its caller waits for a picture that nobody paints until the reconciler steps in.",
      metric: queue.metrics.deadLetters,
      threshold: 1,
    },
    {
      name: "relay-failures-not-empty",
      severity: "high",
      impact: "A change was not passed on: a workflow may wait for its answer, or a listener misses an end.",
      metric: queue.metrics.relayFailures,
      threshold: 1,
    },
    {
      name: "expansion-failures-not-empty",
      severity: "high",
      impact: "A batch was given up half-way: its owner waits for pictures that nobody has queued.",
      metric: expansions.metrics.failures,
      threshold: 1,
    },
    {
      name: "relay-behind",
      severity: "high",
      impact: "New generations reach the queue late, and workflows hear late of their pictures.",
      metric: relay.function.metric("IteratorAge", { period: Duration.minutes(1), statistic: "Maximum" }),
      threshold: 60_000,
      periods: 3,
    },
    ...paintingAlarms(functions),
    {
      name: "worker-errors",
      severity: "high",
      impact:
        "Painting breaks off: pictures come late, and calls to the provider may end with an unknown outcome.",
      metric: worker.function.metricErrors(fiveMinutes),
      threshold: 3,
    },
    {
      name: "delivery-failed",
      severity: "high",
      impact: "Turns are taken and fail: pictures come late, and expire unpainted if it lasts.",
      // The worker puts such a turn back and ends well, so that Lambda counts no error.
      metric: counted("DeliveryFailed", [worker]),
      threshold: 3,
    },
    {
      name: "relay-errors",
      severity: "medium",
      impact: "Changes are passed on late; after ten tries they end in the relay's failures queue.",
      metric: relay.function.metricErrors(fiveMinutes),
      threshold: 3,
    },
    {
      name: "api-errors",
      severity: "high",
      impact: "Callers get 500 for requests that are not at fault.",
      // Not the authorizer's: it says "no such key" by an error, which anybody can cause.
      metric: apiFunction.function.metricErrors(fiveMinutes),
      threshold: 3,
    },
    {
      name: "functions-throttled",
      severity: "high",
      impact: "The account's Lambda concurrency is used up: callers are refused and pictures come late.",
      metric: sumOf(
        "throttles",
        [worker, apiFunction, authorizer, relay, task].map((each) =>
          each.function.metricThrottles(fiveMinutes),
        ),
      ),
      threshold: 1,
      periods: 3,
    },
    {
      name: "poison-message",
      severity: "medium",
      impact: "A message that nobody can read was put aside: whoever wrote it waits in vain.",
      metric: counted("PoisonMessage", [worker, relay, reconciler]),
      threshold: 1,
    },
    {
      name: "batches-failed",
      severity: "medium",
      impact: "A batch was given up: its owner gets none or only some of the pictures.",
      metric: counted("BatchesFailed", [expander, reconciler]),
      threshold: 1,
    },
    {
      name: "api-server-errors",
      severity: "high",
      impact: "Callers get 5xx answers that are our fault: requests fail that should not.",
      // Not API Gateway's 5XXError: it counts every 503 that tells a client of the OpenAI door to ask again.
      metric: sumOf("server errors", [
        published("InternalErrors", apiFunction),
        api.metrics.refusedWithServerError,
      ]),
      threshold: 5,
    },
    {
      name: "api-slow",
      severity: "low",
      impact:
        "Callers wait longer than the longest wait that they can ask for; soon the gateway will cut them off.",
      metric: api.metrics.latency.with({ period: Duration.minutes(5) }),
      threshold: 27_000,
      periods: 3,
    },
    {
      name: "reconciler-not-running",
      severity: "medium",
      impact: "A generation that gets stuck stays stuck: its caller never hears how it ended.",
      metric: reconciler.function.metricInvocations({
        period: Duration.minutes(3 * environment.reconcilerMinutes),
        statistic: "Sum",
      }),
      threshold: 1,
      fallsBelow: true,
    },
    {
      name: "reconciler-errors",
      severity: "medium",
      impact: "Stuck generations are found but not freed: their callers wait on.",
      metric: reconciler.function.metricErrors({ period: Duration.minutes(15), statistic: "Sum" }),
      threshold: 3,
    },
  ];
}

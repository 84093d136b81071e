import { Aws, Duration } from "aws-cdk-lib";
import { Dashboard, GraphWidget, type IMetric, MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";
import type { Functions } from "./functions.ts";
import type { WorkQueue } from "./queue.ts";
import type { HttpApi } from "./rest-api.ts";
import { type Incident, ServiceAlarm } from "./service-alarm.ts";
import { METRICS_NAMESPACE, type ServiceFunction } from "./service-function.ts";

interface ObservabilityProps {
  readonly environment: Environment;
  readonly functions: Functions;
  readonly queue: WorkQueue;
  readonly api: HttpApi;
}

/** What worker and reconciler count. */
const PAINTING = ["ProviderPaused", "ImageHostUnknown", "OutcomeUnknown", "GenerationsRequeued"];

/** Who is told when, and one page that shows how it goes. */
export class Observability extends Construct {
  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const action = new SnsAction(this.alarmTopic(props.environment));
    for (const incident of incidents(props)) new ServiceAlarm(this, props.environment, incident, action);
    this.dashboard(props);
  }

  private alarmTopic(environment: Environment): Topic {
    // TLS alone: CloudWatch cannot publish to a topic under the AWS-managed key, and alarms name nobody.
    const topic = new Topic(this, "Alarms", {
      topicName: `image-service-${environment.name}-alarms`,
      displayName: `Image service alarms (${environment.name})`,
      enforceSSL: true,
    });
    // A topic with a policy of its own lets nobody in that the policy does not name: without this no alarm arrives.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsOfThisAccount",
        actions: ["sns:Publish"],
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
      }),
    );
    for (const address of environment.alarmEmails) topic.addSubscription(new EmailSubscription(address));
    return topic;
  }

  private dashboard({ environment, functions, queue, api }: ObservabilityProps): void {
    const graph = (title: string, ...left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    const { requests, clientErrors, serverErrors, latency } = api.metrics;
    const { waiting, buried, relayFailures, oldest } = queue.metrics;
    const painters = [functions.worker, functions.reconciler];
    new Dashboard(this, "Dashboard", {
      dashboardName: `image-service-${environment.name}`,
      widgets: [
        [graph("Requests", requests, clientErrors, serverErrors), graph("Latency (p95)", latency)],
        [graph("Waiting for the provider", waiting), graph("Age of the oldest message", oldest)],
        [
          graph("What needs a person", buried, relayFailures),
          graph("Painting", ...PAINTING.map((name) => counted(name, painters))),
        ],
        [
          graph("Errors", ...everyFunction(functions).map((each) => each.function.metricErrors())),
          graph("Duration (p95)", ...everyFunction(functions).map(durationOf)),
        ],
      ],
    });
  }
}

function everyFunction({ api, authorizer, task, relay, worker, reconciler }: Functions): ServiceFunction[] {
  return [api, authorizer, task, relay, worker, reconciler];
}

function durationOf(target: ServiceFunction): Metric {
  return target.function.metricDuration({ statistic: "p95" });
}

/** A metric that the functions publish themselves, summed over those that may. */
function counted(metricName: string, publishers: readonly ServiceFunction[]): MathExpression {
  // Ids must differ within a graph, and start with a small letter.
  const id = (index: number) => `${metricName.charAt(0).toLowerCase()}${metricName.slice(1)}${index}`;
  return new MathExpression({
    label: metricName,
    expression: publishers.map((_, index) => `FILL(${id(index)}, 0)`).join(" + "),
    period: Duration.minutes(5),
    usingMetrics: Object.fromEntries(
      publishers.map(({ functionName }, index) => [
        id(index),
        new Metric({
          namespace: METRICS_NAMESPACE,
          metricName,
          dimensionsMap: { service: functionName },
          statistic: "Sum",
          period: Duration.minutes(5),
        }),
      ]),
    ),
  });
}

/** Every alarm. The name is also the anchor of its section in docs/operations.md. */
function incidents({ functions, queue, api, environment }: ObservabilityProps): Incident[] {
  const { worker, relay, reconciler, task, authorizer } = functions;
  const apiFunction = functions.api;
  const painters = [worker, reconciler];
  const fiveMinutes = { period: Duration.minutes(5), statistic: "Sum" };
  return [
    {
      name: "dead-letter-queue-not-empty",
      severity: "high",
      impact:
        "A generation's turn was given up: its caller waits for a picture that nobody paints until the reconciler steps in.",
      metric: queue.metrics.buried,
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
      name: "relay-behind",
      severity: "high",
      impact: "New generations reach the queue late, and workflows hear late of their pictures.",
      metric: relay.function.metric("IteratorAge", { period: Duration.minutes(1), statistic: "Maximum" }),
      threshold: 60_000,
      periods: 3,
    },
    {
      name: "queue-too-old",
      severity: "high",
      impact:
        "Generations have waited for 18 hours: at 24 hours they expire without a picture, unless their callers chose otherwise.",
      metric: queue.metrics.oldest,
      threshold: 18 * 3600,
    },
    {
      name: "worker-errors",
      severity: "high",
      impact:
        "Painting breaks off: pictures come late, and calls to the provider may end with an unknown outcome.",
      metric: worker.function.metricErrors(fiveMinutes),
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
      metric: new MathExpression({
        label: "errors of api and authorizer",
        expression: "FILL(api, 0) + FILL(authorizer, 0)",
        period: Duration.minutes(5),
        usingMetrics: {
          api: apiFunction.function.metricErrors(fiveMinutes),
          authorizer: authorizer.function.metricErrors(fiveMinutes),
        },
      }),
      threshold: 3,
    },
    {
      name: "functions-throttled",
      severity: "high",
      impact: "The account's Lambda concurrency is used up: callers are refused and pictures come late.",
      metric: new MathExpression({
        label: "throttles",
        expression: "FILL(worker, 0) + FILL(api, 0) + FILL(authorizer, 0) + FILL(relay, 0) + FILL(task, 0)",
        period: Duration.minutes(5),
        usingMetrics: {
          worker: worker.function.metricThrottles(fiveMinutes),
          api: apiFunction.function.metricThrottles(fiveMinutes),
          authorizer: authorizer.function.metricThrottles(fiveMinutes),
          relay: relay.function.metricThrottles(fiveMinutes),
          task: task.function.metricThrottles(fiveMinutes),
        },
      }),
      threshold: 1,
      periods: 3,
    },
    {
      name: "provider-paused",
      severity: "high",
      impact:
        "Nothing is painted: the provider refuses our key, permission or payment. Everything stays queued until that is mended, or until deadlines pass.",
      metric: counted("ProviderPaused", painters),
      threshold: 1,
    },
    {
      name: "image-host-unknown",
      severity: "high",
      impact:
        "A picture that was paid for lies on a host we do not fetch from; its URL dies 24 hours after it was painted.",
      metric: counted("ImageHostUnknown", painters),
      threshold: 1,
    },
    {
      name: "outcome-unknown",
      severity: "medium",
      impact: "A caller got no picture for a call that the provider may have billed.",
      metric: counted("OutcomeUnknown", painters),
      threshold: 1,
    },
    {
      name: "poison-message",
      severity: "medium",
      impact: "A message that nobody can read was put aside: whoever wrote it waits in vain.",
      metric: counted("PoisonMessage", [worker, relay]),
      threshold: 1,
    },
    {
      name: "api-server-errors",
      severity: "high",
      impact: "Callers get 5xx answers, ours or the provider's: pictures fail or come late.",
      metric: api.metrics.serverErrors.with(fiveMinutes),
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

import { Aws } from "aws-cdk-lib";
import { Dashboard, GraphWidget, type IMetric, type Metric } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { alarms, type Watched } from "./alarms.ts";
import type { Environment } from "./environment-schema.ts";
import type { Functions } from "./functions.ts";
import { counted } from "./published-metric.ts";
import { ServiceAlarm } from "./service-alarm.ts";
import type { ServiceFunction } from "./service-function.ts";

/** What worker and reconciler count. */
const PAINTING = [
  "ProviderPaused",
  "ProviderOutage",
  "ProviderThrottledLong",
  "ImageHostUnknown",
  "ImageRefused",
  "ImageUnavailable",
  "OutcomeUnknown",
  "DeliveryFailed",
  "GenerationsRequeued",
];

/** Who is told when, and one page that shows how it goes. */
export class Observability extends Construct {
  constructor(scope: Construct, id: string, props: Watched) {
    super(scope, id);
    const { alarmEmails, pageEmails = alarmEmails } = props.environment;
    props.api.countGatewayErrors();
    const page = new SnsAction(this.topic("page", props.environment, pageEmails));
    const notify = new SnsAction(this.topic("notify", props.environment, alarmEmails));
    for (const rule of alarms(props))
      new ServiceAlarm(this, props.environment, rule, rule.severity === "high" ? page : notify);
    this.dashboard(props);
  }

  /** Who is told: a pager listens to `page`, a mailbox or a chat to `notify`. */
  private topic(name: "page" | "notify", environment: Environment, addresses: readonly string[]): Topic {
    // TLS alone: CloudWatch cannot publish to a topic under the AWS-managed key, and alarms name nobody.
    const topic = new Topic(this, name === "page" ? "Page" : "Notify", {
      topicName: `image-service-${environment.name}-${name}`,
      displayName: `Image service alarms: ${name} (${environment.name})`,
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
    for (const address of addresses) topic.addSubscription(new EmailSubscription(address));
    return topic;
  }

  private dashboard({ environment, functions, queue, expansions, api }: Watched): void {
    const graph = (title: string, ...left: IMetric[]) => new GraphWidget({ title, left, width: 12 });
    const { requests, clientErrors, serverErrors, latency } = api.metrics;
    const { waiting, deadLetters, relayFailures, oldest } = queue.metrics;
    const painters = [functions.worker, functions.reconciler];
    new Dashboard(this, "Dashboard", {
      // The name is the account's, over all regions.
      dashboardName: `image-service-${environment.name}-${Aws.REGION}`,
      widgets: [
        [graph("Requests", requests, clientErrors, serverErrors), graph("Latency (p95)", latency)],
        [graph("Waiting for the provider", waiting), graph("Age of the oldest message", oldest)],
        [
          graph("What needs a person", deadLetters, relayFailures, expansions.metrics.failures),
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

function everyFunction(functions: Functions): ServiceFunction[] {
  const { api, authorizer, task, relay, worker, expander, reconciler } = functions;
  return [api, authorizer, task, relay, worker, expander, reconciler];
}

function durationOf(target: ServiceFunction): Metric {
  return target.function.metricDuration({ statistic: "p95" });
}

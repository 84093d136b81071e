import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Functions } from "./functions.ts";
import { counted } from "./published-metric.ts";
import type { AlarmRule } from "./service-alarm.ts";
import { METRICS_NAMESPACE } from "./service-function.ts";

/** How painting stops, or pays for nothing: what the functions say of it themselves. */
export function paintingAlarms({ api, task, worker, reconciler }: Functions): AlarmRule[] {
  return [
    {
      name: "image-unavailable",
      severity: "high",
      impact: "A picture was paid for and is lost: its address died before a valid file came from it.",
      metric: counted("ImageUnavailable", [worker]),
      threshold: 1,
    },
    {
      name: "generations-expired",
      severity: "medium",
      impact: "Pictures were not painted within a day: their callers got none.",
      metric: counted("GenerationsExpired", [api, task, worker, reconciler]),
      threshold: 1,
    },
    {
      name: "queue-too-old",
      severity: "high",
      impact:
        "Generations have waited for 18 hours: at 24 hours they expire without a picture, unless their callers chose otherwise.",
      metric: new Metric({
        namespace: METRICS_NAMESPACE,
        metricName: "OldestOpenGenerationSeconds",
        dimensionsMap: { service: reconciler.functionName },
        statistic: "Maximum",
        period: Duration.minutes(5),
      }),
      threshold: 18 * 3600,
    },
    {
      name: "provider-outage",
      severity: "high",
      impact: "The provider does not work: nothing is painted, and everything waits until it does.",
      metric: counted("ProviderOutage", [worker]),
      threshold: 1,
    },
    {
      name: "provider-throttled-long",
      severity: "medium",
      impact: "The provider keeps refusing calls at the pace that is configured: pictures come late.",
      metric: counted("ProviderThrottledLong", [worker]),
      threshold: 1,
    },
  ];
}

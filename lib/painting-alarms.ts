import { Duration } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Functions } from "./functions.ts";
import { counted } from "./published-metric.ts";
import type { AlarmRule } from "./service-alarm.ts";
import { METRICS_NAMESPACE } from "./service-function.ts";

/** How painting stops, or what it pays for nothing: counted by the functions themselves. */
export function paintingAlarms({ api, task, worker, reconciler, relay }: Functions): AlarmRule[] {
  return [
    {
      name: "provider-paused",
      severity: "high",
      impact:
        "Nothing is painted: the provider refuses our key, permission or payment. Everything stays queued until that is mended, or until deadlines pass.",
      metric: counted("ProviderPaused", [worker]),
      threshold: 1,
    },
    {
      name: "image-host-unknown",
      severity: "high",
      impact:
        "A picture that was paid for lies on a host we do not fetch from; its URL dies 24 hours after it was painted.",
      metric: counted("ImageHostUnknown", [worker]),
      threshold: 1,
    },
    {
      name: "image-refused",
      severity: "high",
      impact:
        "What the provider delivered for a paid picture is none that we accept; it is kept, and its caller waits.",
      metric: counted("ImageRefused", [worker]),
      threshold: 1,
    },
    {
      name: "outcome-unknown",
      severity: "medium",
      impact: "A caller got no picture for a call that the provider may have billed.",
      metric: counted("OutcomeUnknown", [worker, reconciler]),
      threshold: 1,
    },
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
      name: "end-not-announced",
      severity: "medium",
      impact:
        "A workflow or a listener has not heard of the end of a picture: it is told later, or its workflow waits in vain.",
      metric: counted("EndNotAnnounced", [relay]),
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

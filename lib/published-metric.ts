import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { METRICS_NAMESPACE, type ServiceFunction } from "./service-function.ts";

/** A metric that the functions publish themselves, summed over those that may. */
export function counted(metricName: string, publishers: readonly ServiceFunction[]): MathExpression {
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

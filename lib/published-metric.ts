import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { METRICS_NAMESPACE, type ServiceFunction } from "./service-function.ts";

/** A metric that a function publishes itself. */
export function published(metricName: string, { functionName }: ServiceFunction): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: functionName },
    statistic: "Sum",
    period: Duration.minutes(5),
  });
}

/** The same, summed over all that publish it. */
export function counted(metricName: string, publishers: readonly ServiceFunction[]): IMetric {
  return sumOf(
    metricName,
    publishers.map((publisher) => published(metricName, publisher)),
  );
}

/** One metric, or the sum of several over five minutes: an alarm is billed for each of them. */
export function sumOf(label: string, parts: readonly Metric[]): IMetric {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  // Ids must differ within a graph, and start with a small letter.
  const stem = label.replaceAll(/\W/g, "");
  const id = (index: number) => `${stem.charAt(0).toLowerCase()}${stem.slice(1)}${index}`;
  return new MathExpression({
    label,
    expression: parts.map((_, index) => `FILL(${id(index)}, 0)`).join(" + "),
    period: Duration.minutes(5),
    usingMetrics: Object.fromEntries(parts.map((part, index) => [id(index), part])),
  });
}

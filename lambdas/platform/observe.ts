import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";

/**
 * The function's logger. What goes in is ids, codes and counts: never a prompt, a key or an address of an image.
 */
export const logger = new Logger();

/** The function's metrics, in CloudWatch's embedded format. */
export const metrics = /* @__PURE__ */ new Metrics();

/** What may be logged of an error: its name and message for ours, the name alone for anyone else's. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** Counts something that is written down elsewhere. */
export function tallied(name: string): void {
  metrics.addMetric(name, MetricUnit.Count, 1);
}

/** Counts something, and writes down of what. */
export function counted(
  name: string,
  level: "info" | "warn" | "error",
  fields: Readonly<Record<string, unknown>> = {},
): void {
  tallied(name);
  logger[level](name, fields);
}

/** Says at the lowest level that a run is over: on this machine, where no platform does. */
export const toldOfEnd = { after: tellEnd, onError: tellEnd };

function tellEnd(): void {
  logger.debug("done");
}

/** Publishes what a request counted. Powertools' own middleware warns of every request that counted nothing. */
export const publishedMetrics = { after: publishMetrics, onError: publishMetrics };

function publishMetrics(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
  tellEnd();
}

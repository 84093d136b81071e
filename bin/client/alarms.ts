import { type CloudWatchClient, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { stackName } from "../../lib/stack-name.ts";

/** The alarms of an environment. */
export interface Alarms {
  readonly count: number;
  /** The names of those that ring, as the runbook has them. */
  readonly ringing: readonly string[];
}

/** Counts an environment's alarms, and names those that ring. */
export async function alarmsOf(client: CloudWatchClient, environment: EnvironmentName): Promise<Alarms> {
  const prefix = `${stackName(environment)}-`;
  let count = 0;
  const ringing: string[] = [];
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix }))
    for (const { AlarmName = "", StateValue } of MetricAlarms) {
      count++;
      if (StateValue === "ALARM") ringing.push(AlarmName.slice(prefix.length));
    }
  return { count, ringing };
}

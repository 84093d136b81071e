import { type CloudWatchClient, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { stackName } from "../../lib/stack-name.ts";

/** The alarms of an environment. */
export interface Alarms {
  readonly count: number;
  /** The names of those that ring, as the runbook has them. */
  readonly ringing: readonly string[];
  /** The ARNs of the topics that they are sent to. */
  readonly topics: readonly string[];
}

/** Counts an environment's alarms, names those that ring, and where all of them are sent. */
export async function alarmsOf(client: CloudWatchClient, environment: EnvironmentName): Promise<Alarms> {
  const prefix = `${stackName(environment)}-`;
  let count = 0;
  const ringing: string[] = [];
  const topics = new Set<string>();
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix }))
    for (const { AlarmName = "", StateValue, AlarmActions = [] } of MetricAlarms) {
      count++;
      for (const action of AlarmActions) topics.add(action);
      if (StateValue === "ALARM") ringing.push(AlarmName.slice(prefix.length));
    }
  return { count, ringing, topics: [...topics] };
}

import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { expect, test } from "vitest";
import { alarmsOf } from "../../../bin/client/alarms.ts";

const cloudWatch = mockClient(CloudWatchClient);
const topic = (name: string) => `arn:aws:sns:us-east-1:123456789012:image-service-dev-${name}`;
const alarm = (AlarmName: string, StateValue: "OK" | "ALARM" | "INSUFFICIENT_DATA", to = "notify") => ({
  AlarmName,
  StateValue,
  AlarmActions: [topic(to)],
});

test("the alarms of one environment are counted over all pages, and those that ring are named as the runbook does", async () => {
  const AlarmNamePrefix = "image-service-dev-";
  cloudWatch.on(DescribeAlarmsCommand, { AlarmNamePrefix }).resolves({
    MetricAlarms: [
      alarm("image-service-dev-api-slow", "OK"),
      alarm("image-service-dev-worker-errors", "ALARM", "page"),
    ],
    NextToken: "more",
  });
  cloudWatch.on(DescribeAlarmsCommand, { AlarmNamePrefix, NextToken: "more" }).resolves({
    MetricAlarms: [
      alarm("image-service-dev-queue-too-old", "ALARM"),
      alarm("image-service-dev-relay-errors", "INSUFFICIENT_DATA"),
    ],
  });
  expect(await alarmsOf(new CloudWatchClient({ region: "us-east-1" }), "dev")).toEqual({
    count: 4,
    ringing: ["worker-errors", "queue-too-old"],
    topics: [topic("notify"), topic("page")],
  });
});

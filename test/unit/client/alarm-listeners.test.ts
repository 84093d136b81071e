import { ListSubscriptionsByTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { expect, test } from "vitest";
import { listenersOf } from "../../../bin/client/alarm-listeners.ts";
import { listenersFinding } from "../../../bin/client/findings.ts";

const sns = mockClient(SNSClient);
const topic = (name: string) => `arn:aws:sns:us-east-1:123456789012:image-service-dev-${name}`;
const confirmed = (Endpoint: string) => ({ Endpoint, SubscriptionArn: `${topic("page")}:${Endpoint}` });
const pending = (Endpoint: string) => ({ Endpoint, SubscriptionArn: "PendingConfirmation" });

test("an address that has not confirmed hears nothing, and is named with its topic's others over all pages", async () => {
  sns.on(ListSubscriptionsByTopicCommand, { TopicArn: topic("page") }).resolves({
    Subscriptions: [
      confirmed("pager@example.com"),
      { Endpoint: "gone@example.com", SubscriptionArn: "Deleted" },
    ],
    NextToken: "more",
  });
  sns
    .on(ListSubscriptionsByTopicCommand, { TopicArn: topic("page"), NextToken: "more" })
    .resolves({ Subscriptions: [pending("ops@example.com")] });
  sns
    .on(ListSubscriptionsByTopicCommand, { TopicArn: topic("notify") })
    .resolves({ Subscriptions: [pending("ops@example.com")] });

  const listeners = await listenersOf(new SNSClient({ region: "us-east-1" }), [
    topic("page"),
    topic("notify"),
  ]);
  expect(listeners).toEqual([
    { topic: "image-service-dev-page", confirmed: 1, pending: ["ops@example.com"] },
    { topic: "image-service-dev-notify", confirmed: 0, pending: ["ops@example.com"] },
  ]);
  expect(listenersFinding(listeners).says).toBe(
    "ops@example.com must confirm the mail that SNS has sent; nobody hears of image-service-dev-notify",
  );
});

import { paginateListSubscriptionsByTopic, type SNSClient } from "@aws-sdk/client-sns";

/** Who hears of one topic's alarms. */
export interface Listeners {
  /** The topic's name. */
  readonly topic: string;
  /** Subscriptions that are confirmed. */
  readonly confirmed: number;
  /** The addresses that SNS has sent its mail to, and that have not confirmed it: they hear nothing. */
  readonly pending: readonly string[];
}

/**
 * Who hears of the alarms that are sent to these topics. A subscription has no ARN but a word before it is confirmed:
 * https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
 */
export function listenersOf(client: SNSClient, topicArns: readonly string[]): Promise<Listeners[]> {
  return Promise.all(
    topicArns.map(async (TopicArn) => {
      let confirmed = 0;
      const pending: string[] = [];
      for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client }, { TopicArn }))
        for (const { SubscriptionArn = "", Endpoint = "" } of Subscriptions)
          if (SubscriptionArn.startsWith("arn:")) confirmed++;
          else if (SubscriptionArn === "PendingConfirmation") pending.push(Endpoint);
      return { topic: TopicArn.slice(TopicArn.lastIndexOf(":") + 1), confirmed, pending };
    }),
  );
}

import { SQSClient } from "@aws-sdk/client-sqs";
import { CALLS } from "../call-limits.ts";

/**
 * The queues' client, one for a process. Queues are addressed by their URL. Locally its host is not the one the SDK is
 * told, which it would warn of at every call; the endpoint of the shell is the right one there, and the same in AWS.
 */
export const queues = new SQSClient({ ...CALLS, useQueueUrlAsEndpoint: false });

import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CALLS } from "../call-limits.ts";

/** The event bus's client, one for a process. */
export const events = new EventBridgeClient(CALLS);

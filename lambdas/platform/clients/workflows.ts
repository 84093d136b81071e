import { SFNClient } from "@aws-sdk/client-sfn";
import { CALLS } from "../call-limits.ts";

/** The client of Step Functions, one for a process. */
export const workflows = new SFNClient(CALLS);

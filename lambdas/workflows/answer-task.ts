import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import { present } from "../generations/read.ts";
import type { EndedGeneration } from "../generations/record.ts";
import type { ImageAddresses } from "../images/addresses.ts";
import { type TaskFailure, taskFailure } from "./task-failure.ts";

interface Workflows {
  readonly workflows: SFNClient;
  readonly images: Pick<ImageAddresses, "address">;
}

/** Sends the end of a generation to the workflow that waits with this token. Safe to repeat. */
export async function answerTask(
  token: string,
  generation: EndedGeneration,
  { workflows, images }: Workflows,
): Promise<void> {
  const failure = taskFailure(generation);
  if (failure !== null) return failTask(token, failure, workflows);
  const output = JSON.stringify(await present(generation, { images }));
  await tolerant(workflows.send(new SendTaskSuccessCommand({ taskToken: token, output })));
}

/** Sends a failure to the workflow that waits with this token. */
export async function failTask(token: string, failure: TaskFailure, workflows: SFNClient): Promise<void> {
  const { name: error, cause } = failure;
  await tolerant(workflows.send(new SendTaskFailureCommand({ taskToken: token, error, cause })));
}

/** A workflow that has given up, or was told before, is no fault: there is nothing left to tell it. */
async function tolerant(sending: Promise<unknown>): Promise<void> {
  try {
    await sending;
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
      return;
    throw error;
  }
}

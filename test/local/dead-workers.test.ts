import { GetQueueAttributesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { timeoutsFor } from "../../lib/timeouts.ts";
import { changeVariables } from "./function-variables.ts";
import {
  aws,
  callsFor,
  end,
  expectFailure,
  expectPicture,
  itemOf,
  type Job,
  job,
  killWorker,
  send,
  stack,
  until,
} from "./harness.ts";

/** The worker's and the queue's time-outs as they are in production, where a call may take 298 s. */
const real = timeoutsFor(298);
const NOTICED_WITHIN_MS = 90_000;
let visibility: string | undefined;
let variables: Record<string, string>;

async function hideFor(seconds: string | undefined): Promise<void> {
  const Attributes = { VisibilityTimeout: seconds ?? "30" };
  await aws.queue.send(new SetQueueAttributesCommand({ QueueUrl: stack.queue_url, Attributes }));
}

function ends(wanted: Job): Promise<unknown> {
  const look = async () => ["succeeded", "failed"].includes(String((await itemOf(wanted))?.["state"]));
  return until(`the end of ${wanted.id}`, look, NOTICED_WITHIN_MS);
}

beforeAll(async () => {
  const { Attributes } = await aws.queue.send(
    new GetQueueAttributesCommand({ QueueUrl: stack.queue_url, AttributeNames: ["VisibilityTimeout"] }),
  );
  visibility = Attributes?.["VisibilityTimeout"];
  await hideFor(String(real.queueVisibility));
  variables = await changeVariables(aws.functions, stack.worker_function_name, {
    LEASE_SECONDS: String(real.lease),
    HEARTBEAT_SECONDS: String(real.heartbeat),
    WORK_VISIBILITY_SECONDS: String(real.workVisibility),
    INQUIRY_SECONDS: String(real.inquiry),
  });
});

afterAll(async () => {
  await hideFor(visibility);
  await changeVariables(aws.functions, stack.worker_function_name, variables);
});

describe("with the time-outs of production, a worker that dies is noticed within 90 seconds", () => {
  test.concurrent("during the download: the picture is stored", async () => {
    const wanted = job("[[fault:image-stall*1]]");
    await send(wanted);
    await until("a download", async () => (await callsFor(wanted.prompt))[0]?.downloads === 1);
    await killWorker(wanted);

    await ends(wanted);
    await expectPicture(await end(wanted), wanted);
  });

  test.concurrent("during the provider's call: the outcome is told as unknown", async () => {
    const wanted = job("[[latency:2500]]");
    await send(wanted);
    await until("a call", async () => (await callsFor(wanted.prompt))[0]?.outcome === "pending");
    await killWorker(wanted);

    await ends(wanted);
    const expected = { code: "upstream_outcome_unknown", billed: "unknown", submissions: 1 } as const;
    await expectFailure(await end(wanted), wanted, expected);
    expect((await callsFor(wanted.prompt))[0]).toMatchObject({ billed: true });
  });
});

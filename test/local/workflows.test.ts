import { randomUUID } from "node:crypto";
import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { idForKey } from "../../lambdas/platform/ids.ts";
import { addFault } from "../support/fault-proxy/client.ts";
import {
  aws,
  call,
  callsFor,
  download,
  ended,
  expectPicture,
  expectQueuesEmpty,
  job,
  proxyUrl,
  send,
  stack,
  uniquePrompt,
  until,
} from "./harness.ts";

interface Execution {
  readonly status: string;
  readonly output: Record<string, unknown>;
  readonly error: string | undefined;
  readonly cause: Record<string, unknown>;
}

const forms = ["request-response", "callback"] as const;

/** Runs a deployed workflow to its end. */
async function run(form: (typeof forms)[number], input: Record<string, unknown>): Promise<Execution> {
  const arn = stack.state_machine_arns.find((each) => each.endsWith(form));
  const { executionArn } = await aws.workflows.send(
    new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(input) }),
  );
  return until(`the end of a ${form}`, async () => {
    const found = await aws.workflows.send(new DescribeExecutionCommand({ executionArn }));
    const { status = "", output = "{}", error, cause = "{}" } = found;
    return status !== "RUNNING" && { status, output: JSON.parse(output), error, cause: JSON.parse(cause) };
  });
}

describe("a workflow", () => {
  test.concurrent.for(forms)(
    "%s: its output is the generation, with a picture in the bucket",
    async (form) => {
      const prompt = uniquePrompt();
      const { status, output } = await run(form, { prompt, size: "928x1664" });

      expect(status).toBe("SUCCEEDED");
      expect(output).toMatchObject({ object: "generation", status: "succeeded", input: { prompt } });
      const calls = await callsFor(prompt);
      expect(calls).toHaveLength(1);
      const { paintedSha256 } = await download(output as unknown as Parameters<typeof download>[0]);
      expect(paintedSha256).toBe(calls[0]?.image_sha256);
    },
  );

  const failures: [error: string, input: Record<string, unknown>, cause: Record<string, unknown>][] = [
    [
      "ContentRejected",
      { prompt: uniquePrompt("[[error:400:DataInspectionFailed]]") },
      { code: "content_rejected", billed: "no" },
    ],
    [
      "UpstreamOutcomeUnknown",
      { prompt: uniquePrompt("[[fault:reset]]") },
      { code: "upstream_outcome_unknown", billed: "unknown" },
    ],
    [
      "ImageUnavailable",
      { prompt: uniquePrompt("[[fault:image-expired]]") },
      { code: "image_unavailable", billed: "yes" },
    ],
    ["InvalidRequest", { prompt: "", colour: "red" }, { code: "invalid_request" }],
  ];
  const failuresOfBoth = forms.flatMap((form) => failures.map((failure) => [form, ...failure] as const));
  test.concurrent.for(failuresOfBoth)(
    "%s: %s is the error that it catches, with the problem as its cause",
    async ([form, error, { prompt, ...input }, cause]) => {
      // Each form a generation of its own.
      const execution = await run(form, { ...input, prompt: prompt === "" ? "" : `${prompt} ${form}` });

      expect(execution).toMatchObject({ status: "FAILED", cause: { ...cause, name: error } });
      // The emulator has one name for every error that a function throws.
      if (form === "callback") expect(execution.error).toBe(error);
    },
  );

  test.concurrent("two with one key are one painting, and both get it", async () => {
    const input = { prompt: uniquePrompt("[[latency:1500]]"), idempotency_key: randomUUID() };
    const both = await Promise.all([run("callback", input), run("callback", input)]);

    expect(both.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(both[0]?.output["id"]).toBe(both[1]?.output["id"]);
    expect(await callsFor(input.prompt)).toHaveLength(1);
  });

  test.concurrent("the relay dies before it tells the end: it tells it later", async () => {
    const input = { prompt: uniquePrompt(), idempotency_key: randomUUID() };
    const fault = await addFault(proxyUrl, {
      caller: "relay",
      operation: "StepFunctions.SendTaskSuccess",
      generationId: idForKey("workflows", input.idempotency_key),
      action: "kill-before",
    });

    expect((await run("callback", input)).status).toBe("SUCCEEDED");
    expect(await fault.struck()).toBe(1);
  });

  test.concurrent("a later one with the same key gets the ended generation at once", async () => {
    const input = { prompt: uniquePrompt(), idempotency_key: randomUUID() };
    const first = await run("callback", input);
    const second = await run("callback", input);

    expect(second.status).toBe("SUCCEEDED");
    expect(second.output["id"]).toBe(first.output["id"]);
    expect(await callsFor(input.prompt)).toHaveLength(1);
  });
});

describe("an idempotency key", () => {
  test.concurrent("twenty requests at once are one generation and one painting", async () => {
    const wanted = job("[[latency:1000]]");
    const headers = { prefer: "respond-async", "idempotency-key": wanted.key };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call("/generations", { json: wanted.body, headers })),
    );

    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([wanted.id]));
    expect(answers.filter(({ headers }) => headers.get("idempotent-replayed") === null)).toHaveLength(1);
    await expectPicture(await ended(wanted.id), wanted);
  });

  test.concurrent("another body is refused, and the refusal names the original", async () => {
    const wanted = job();
    await send(wanted);
    const other = await send({ ...wanted, body: { prompt: uniquePrompt() } });

    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: "idempotency_key_reused" });
    expect(JSON.stringify(other.body)).toContain(wanted.id);
    await expectPicture(await ended(wanted.id), wanted);
  });
});

describe("afterwards", () => {
  test("nothing is left in the queues", expectQueuesEmpty);
});

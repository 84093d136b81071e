import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { giveUpImage } from "../../../lambdas/generations/transitions/painted.ts";
import { cancel, expire } from "../../../lambdas/generations/transitions/queued.ts";
import { refuse } from "../../../lambdas/generations/transitions/refuse.ts";
import type { ProblemCode } from "../../../lambdas/platform/problem-table.ts";
import { createEndings } from "../../../lambdas/workflows/announce-end.ts";
import { NOON, painted, queued, submitting, succeeded } from "../../support/generations.ts";
import { inMemoryImages } from "../../support/in-memory-stores.ts";

const events = mockClient(EventBridgeClient);
const workflows = mockClient(SFNClient);

beforeEach(() => {
  events.reset();
  workflows.reset();
  events.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
  workflows.on(SendTaskSuccessCommand).resolves({});
  workflows.on(SendTaskFailureCommand).resolves({});
});

const announce = (furtherTokens: string[] = []) =>
  createEndings({
    events: events as unknown as EventBridgeClient,
    eventBus: "bus",
    workflows: workflows as unknown as SFNClient,
    taskTokens: { of: async () => furtherTokens },
    images: inMemoryImages(() => NOON),
  });

const waiting = () => painted(submitting(queued({ taskToken: "token" })));

describe("the event of an end", () => {
  test("says what happened, and neither what was asked nor where the picture can be had", async () => {
    const end = succeeded();
    await announce()(end);
    const [entry] = events.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries ?? [];
    expect(entry).toMatchObject({ EventBusName: "bus", DetailType: "Generation succeeded" });
    const detail = JSON.parse(entry?.Detail ?? "");
    expect(detail).toMatchObject({
      id: end.id,
      owner: "owner",
      status: "succeeded",
      image: { key: end.image?.key },
      images: [{ index: 0, key: end.image?.key }],
    });
    expect(entry?.Detail).not.toMatch(/fox|signed|Signature|"url"|"input"/);
  });

  test("that the bus refuses is an error, so that it comes again", async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 1 });
    await expect(announce()(succeeded())).rejects.toThrow("refused");
  });
});

describe("a workflow that waits", () => {
  test("hears of success with the generation", async () => {
    const end = succeeded(waiting());
    await announce()(end);
    const { taskToken, output } = workflows.commandCalls(SendTaskSuccessCommand)[0]?.args[0].input ?? {};
    expect(taskToken).toBe("token");
    expect(JSON.parse(output ?? "")).toMatchObject({
      id: end.id,
      status: "succeeded",
      usage: { billed: "yes" },
    });
  });

  const refused = (code: ProblemCode) =>
    refuse(submitting(queued({ taskToken: "token" })), { now: NOON, code, message: "no", provider: null });

  test.each([
    ["ContentRejected", refused("content_rejected")],
    ["ProviderRejected", refused("provider_rejected")],
    ["ProviderThrottled", refused("provider_throttled")],
    ["ProviderUnavailable", refused("provider_unavailable")],
    ["ProviderMisconfigured", refused("provider_misconfigured")],
    ["UpstreamOutcomeUnknown", refused("upstream_outcome_unknown")],
    ["ImageUnavailable", giveUpImage(waiting(), { now: NOON, detail: "gone" })],
    ["DeadlineExceeded", expire(queued({ taskToken: "token" }), NOON)],
    ["Canceled", cancel(queued({ taskToken: "token" }), NOON)],
  ])("can catch %s, with the problem as its cause", async (error, end) => {
    await announce()(end);
    const input = workflows.commandCalls(SendTaskFailureCommand)[0]?.args[0].input;
    expect(input).toMatchObject({ taskToken: "token", error });
    expect(JSON.parse(input?.cause ?? "")).toMatchObject({
      name: error,
      instance: `/v1/generations/${end.id}`,
      billed: expect.stringMatching(/yes|no|unknown/),
    });
  });

  test("with several tokens hears it on each, once", async () => {
    await announce(["token", "second"])(succeeded(waiting()));
    const tokens = workflows.commandCalls(SendTaskSuccessCommand).map(({ args }) => args[0].input.taskToken);
    expect(tokens.sort()).toEqual(["second", "token"]);
  });

  test.each([
    new TaskTimedOut({ $metadata: {}, message: "" }),
    new TaskDoesNotExist({ $metadata: {}, message: "" }),
    new InvalidToken({ $metadata: {}, message: "" }),
  ])("and has given up, holds nothing up: $name", async (error) => {
    workflows.on(SendTaskSuccessCommand).rejects(error);
    await announce()(succeeded(waiting()));
    expect(events.commandCalls(PutEventsCommand)).toHaveLength(1);
  });

  test("is told again when Step Functions fails", async () => {
    workflows.on(SendTaskSuccessCommand).rejects(new Error("throttled"));
    await expect(announce()(succeeded(waiting()))).rejects.toThrow("throttled");
  });

  test("nobody waits: nobody is told", async () => {
    await announce()(succeeded());
    expect(workflows.calls()).toHaveLength(0);
  });
});

import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { everyEnvironment, resourcesOf, synthesised } from "../stack/synthesised.ts";
import { type Caught, play } from "./state-machine.ts";

const validated = z.object({ isValid: z.boolean(), errorsText: z.function() });
const validate = z
  .function({ input: [z.unknown()], output: validated })
  .parse(createRequire(import.meta.url)("asl-validator"));

function machinesOf(name: Parameters<typeof synthesised>[0]): [string, string][] {
  return resourcesOf(synthesised(name), "AWS::StepFunctions::StateMachine").map(([, { Properties }]) => {
    const parts = z.array(z.unknown()).parse(Properties["DefinitionString"]["Fn::Join"][1]);
    const text = parts.map((part) => (typeof part === "string" ? part : "aws")).join("");
    return [String(Properties["StateMachineName"]), text];
  });
}

test.each(everyEnvironment)("the state machines of $name are valid Amazon States Language", ({ name }) => {
  const machines = machinesOf(name);
  expect(machines).toHaveLength(2);
  for (const [, definition] of machines) {
    const { isValid, errorsText } = validate(JSON.parse(definition));
    expect(errorsText()).toBe("");
    expect(isValid).toBe(true);
  }
});

const problem = '{"code":"content_rejected","detail":"it says \\"errorMessage\\"","name":"ContentRejected"}';
const account = (message: string) =>
  JSON.stringify({ errorType: "ContentRejected", errorMessage: message, trace: ["ContentRejected"] });

describe.each(machinesOf("prod"))("%s", (name, definition) => {
  const isCallback = name.endsWith("callback");
  const failing = (error: Caught) => play(definition, { prompt: "fox" }, () => error);

  test("hands the caller's input on, with the execution's name for a key", async () => {
    const token = isCallback ? { task_token: "token-1" } : {};
    const view = { id: "gen_1", status: "succeeded" };
    const result = isCallback ? view : { Payload: view };
    const done = (input: unknown) => play(definition, input, () => ({ result }));
    expect(await done({ prompt: "fox" })).toMatchObject({
      state: "Paint",
      output: view,
      payloads: [{ prompt: "fox", idempotency_key: "execution-1", ...token }],
    });
    expect((await done({ prompt: "fox", idempotency_key: "mine" })).payloads).toEqual([
      { prompt: "fox", idempotency_key: "mine", ...token },
    ]);
  });

  test.each([
    ["a list of requests", [{ prompt: "fox" }, { prompt: "owl" }]],
    ["a list of one", [{ prompt: "fox" }]],
    ["an empty list", []],
    ["a text", "fox"],
    ["null", null],
  ])("leaves it to the task to refuse %s, as it came", async (_, input) => {
    const { state, payloads } = await play(definition, input, () => ({
      Error: "InvalidRequest",
      Cause: problem,
    }));
    expect(payloads).toEqual([input]);
    expect(state).toBe("Refused");
  });

  test.each([
    ["InvalidRequest", "Refused"],
    ["ContentRejected", "Refused"],
    ["ProviderRejected", "Refused"],
    ["UpstreamOutcomeUnknown", "Outcome unknown"],
    ["ProviderMisconfigured", "Failed"],
    ["ImageUnavailable", "Failed"],
    ["DeadlineExceeded", "Failed"],
    ["Canceled", "Failed"],
    ["InternalError", "Failed"],
    ["Runtime.ExitError", "Failed"],
    ["States.Timeout", "Failed"],
    ["States.DataLimitExceeded", "Failed"],
  ])("%s ends at once in %s, with its name and problem", async (error, state) => {
    const ended = await failing({ Error: error, Cause: problem });
    expect(ended).toMatchObject({ state, error, cause: problem });
    expect(ended.payloads).toHaveLength(1);
  });

  test.each(["ProviderThrottled", "ProviderUnavailable"])(
    "%s paints once more, with a key of its own",
    async (error) => {
      const { state, payloads } = await failing({ Error: error, Cause: problem });
      expect(state).toBe("Failed");
      expect(payloads).toMatchObject([
        { idempotency_key: "execution-1" },
        { idempotency_key: "execution-1-again" },
      ]);
    },
  );

  test.each(["StillRunning", "Lambda.TooManyRequestsException", "Lambda.ServiceException"])(
    "%s asks again with the same key",
    async (error) => {
      let calls = 0;
      const { state, payloads } = await play(definition, { prompt: "fox" }, () =>
        ++calls < 4 ? { Error: error, Cause: problem } : { result: { Payload: {} } },
      );
      expect(state).toBe("Paint");
      expect(payloads).toHaveLength(4);
      expect(new Set(payloads.map((payload) => JSON.stringify(payload))).size).toBe(1);
    },
  );

  const long = account(JSON.stringify({ detail: "x".repeat(40_000), errors: [{ pointer: "#/x" }] }));
  const braces = account("}".repeat(40_000)).slice(0, 32_768);
  test.each<[string, string | null | undefined, string]>([
    ["Lambda's account is unwrapped", account(problem), problem],
    ["a problem that quotes is not mistaken for it", problem, problem],
    ["an account that is cut", long.slice(0, 32_768), long.slice(0, 32_768)],
    ["an account cut where it seems to end", braces, braces],
    ["an account of nothing", '{"errorType":"Sandbox.Timedout","errorMessage":null}', "null"],
    ["text", "Task timed out after 900.00 seconds", "Task timed out after 900.00 seconds"],
    ["no cause", undefined, ""],
    ["a cause of null", null, ""],
  ])("keeps the error's name, whatever its cause is: %s", async (_, Cause, cause) => {
    const caught = { Error: "ContentRejected", ...(Cause !== undefined && { Cause }) };
    expect(await failing(caught)).toMatchObject({ state: "Refused", error: "ContentRejected", cause });
  });
});

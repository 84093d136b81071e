import { describe, expect, it } from "vitest";
import { everyEnvironment, resourcesOf, synthesised } from "./synthesised.ts";

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly TimeoutSeconds?: number;
  readonly Error?: string;
  readonly Cause?: string;
  readonly Arguments?: { readonly Payload: string };
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
}

function machines(name: Parameters<typeof synthesised>[0]) {
  return resourcesOf(synthesised(name), "AWS::StepFunctions::StateMachine").map(([, { Properties }]) => {
    const definition = Properties["DefinitionString"];
    const text = definition["Fn::Join"][1]
      .map((part: unknown) => (typeof part === "string" ? part : "TOKEN"))
      .join("");
    const { States, QueryLanguage }: { States: Record<string, State>; QueryLanguage: string } =
      JSON.parse(text);
    return { name: String(Properties["StateMachineName"]), Properties, States, QueryLanguage };
  });
}

/** Every error name of the task function. */
const taskErrors = [
  "InvalidRequest",
  "ContentRejected",
  "ProviderRejected",
  "ProviderThrottled",
  "ProviderUnavailable",
  "ProviderMisconfigured",
  "UpstreamOutcomeUnknown",
  "ImageUnavailable",
  "DeadlineExceeded",
  "Canceled",
];

describe.each(everyEnvironment)("the workflows of $name", ({ name }) => {
  const [first, second] = machines(name);
  const callback = [first, second].find((machine) => machine?.name.endsWith("callback"))!;
  const requestResponse = [first, second].find((machine) => machine?.name.endsWith("request-response"))!;

  it("show both ways to call the task", () => {
    expect(callback.States["Paint"]?.Resource).toMatch(/:states:::lambda:invoke\.waitForTaskToken$/);
    expect(callback.States["Paint"]?.Arguments?.Payload).toContain(
      '"task_token": $states.context.Task.Token',
    );
    expect(requestResponse.States["Paint"]?.Resource).toMatch(/:states:::lambda:invoke$/);
    expect(requestResponse.States["Paint"]?.Arguments?.Payload).not.toContain("task_token");
  });

  it.each([callback, requestResponse])("$name leaves no failure without a way out", ({ States }) => {
    for (const state of Object.values(States).filter(({ Type }) => Type === "Task")) {
      const wayOf = (error: string) =>
        state.Catch?.find(
          ({ ErrorEquals }) => ErrorEquals.includes(error) || ErrorEquals.includes("States.ALL"),
        )?.Next;
      for (const error of [...taskErrors, "SomethingElse"]) expect(wayOf(error)).toBeDefined();
      expect(wayOf("ContentRejected")).toBe("Refused");
      expect(wayOf("UpstreamOutcomeUnknown")).toBe("Outcome unknown");
      expect(state.TimeoutSeconds).toBeGreaterThan(900);
    }
  });

  it.each([callback, requestResponse])(
    "$name never repeats a call that may have been billed with a new key",
    ({ States }) => {
      for (const state of Object.values(States).filter(({ Type }) => Type === "Task"))
        for (const { ErrorEquals } of state.Retry ?? [])
          for (const error of ErrorEquals) expect(taskErrors).not.toContain(error);
      const again = States["Paint"]?.Catch?.filter(({ Next }) => Next === "Let the provider recover");
      expect(again?.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual([
        "ProviderThrottled",
        "ProviderUnavailable",
      ]);
    },
  );

  it("take a retried call for the same generation", () => {
    for (const { States } of [callback, requestResponse])
      expect(States["Paint"]?.Arguments?.Payload).toContain(
        '"idempotency_key": $states.context.Execution.Name}',
      );
  });

  it("are logged without prompts, and traced", () => {
    for (const { Properties } of [callback, requestResponse]) {
      expect(Properties["LoggingConfiguration"]).toMatchObject({ Level: "ALL", IncludeExecutionData: false });
      expect(Properties["TracingConfiguration"]).toEqual({ Enabled: true });
    }
  });
});

import jsonata from "jsonata";
import * as z from "zod";

/** An error as Step Functions hands it to a Catch. */
export interface Caught {
  readonly Error: string;
  readonly Cause?: string | null;
}

const matching = z.object({ ErrorEquals: z.array(z.string()) });
const stateSchema = z.object({
  Type: z.enum(["Task", "Wait", "Fail"]),
  Next: z.string().optional(),
  Arguments: z.object({ Payload: z.string() }).optional(),
  Output: z.string().optional(),
  Error: z.string().optional(),
  Cause: z.string().optional(),
  Retry: z.array(matching.extend({ MaxAttempts: z.int().default(3) })).default([]),
  Catch: z.array(matching.extend({ Next: z.string() })).default([]),
});
const machineSchema = z.object({ StartAt: z.string(), States: z.record(z.string(), stateSchema) });

/** What the task answers to a payload: its result, or the error that Step Functions sees. */
export type Task = (payload: unknown) => { readonly result: unknown } | Caught;

/** How an execution ended: in which state, with which output or failure, after which payloads. */
export interface Ended {
  readonly state: string;
  readonly output?: unknown;
  readonly error?: unknown;
  readonly cause?: unknown;
  readonly payloads: readonly unknown[];
}

/** Plays an execution of a machine whose tasks are one function: its Retry, Catch and every JSONata on the way. */
export async function play(definition: string, input: unknown, task: Task): Promise<Ended> {
  const { StartAt, States } = machineSchema.parse(JSON.parse(definition));
  const context = { Execution: { Name: "execution-1", Input: input }, Task: { Token: "token-1" } };
  const payloads: unknown[] = [];
  let name = StartAt;
  let current: unknown = input;
  for (;;) {
    const state = States[name];
    if (state === undefined) throw new Error(`there is no state ${name}`);
    const value = (text: string | undefined, result?: unknown) =>
      evaluate(text ?? "", { input: current, context, result });
    if (state.Type === "Fail")
      return { state: name, error: await value(state.Error), cause: await value(state.Cause), payloads };
    if (state.Type === "Task") {
      const retries = state.Retry.map(({ MaxAttempts }) => MaxAttempts);
      for (;;) {
        const payload = await value(state.Arguments?.Payload);
        payloads.push(payload);
        const outcome = task(payload);
        if ("result" in outcome) {
          if (state.Next !== undefined) throw new Error(`${name} goes on, which is not played here`);
          return { state: name, output: await value(state.Output, outcome.result), payloads };
        }
        const again = state.Retry.findIndex((each) => matches(each, outcome));
        if (again >= 0 && (retries[again] ?? 0) > 0) {
          retries[again] = (retries[again] ?? 0) - 1;
          continue;
        }
        const way = state.Catch.find((each) => matches(each, outcome));
        if (way === undefined) return { state: name, error: outcome.Error, cause: outcome.Cause, payloads };
        name = way.Next;
        current = outcome;
        break;
      }
    } else name = state.Next ?? "nowhere";
  }
}

function matches({ ErrorEquals }: z.infer<typeof matching>, { Error: error }: Caught): boolean {
  return ErrorEquals.some((each) => each === error || each === "States.ALL");
}

/** A text's value: JSONata between `{%` and `%}`, by its reference implementation and with AWS's own `$parse`. */
async function evaluate(text: string, states: Record<string, unknown>): Promise<unknown> {
  const [, source] = /^\{%([\s\S]*)%\}$/.exec(text) ?? [];
  if (source === undefined) return text;
  const expression = jsonata(source);
  expression.registerFunction("parse", (json: string) => JSON.parse(json), "<s:x>");
  return plain(await expression.evaluate({}, { states }));
}

/** Without the marks that the evaluator leaves on lists. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

import { problemOfEnd } from "../generations/problem-of-end.ts";
import type { EndedGeneration } from "../generations/record.ts";
import { PROBLEMS } from "../platform/problem-table.ts";
import { type Problem, problemOf, toProblem } from "../platform/problems.ts";
import { safeText } from "../platform/safe-text.ts";
import { Contended, ServiceError } from "../platform/service-error.ts";
import { withoutQuotes } from "./quoted-prompt.ts";

/** How a failure reads in a workflow: the name that `Retry` and `Catch` match, and the problem JSON. */
export interface TaskFailure {
  readonly name: string;
  readonly cause: string;
}

/** Characters that Step Functions keeps of a cause. AWS refuses a longer one, or cuts it so that it is no JSON. */
const LONGEST_CAUSE = 32_768;

/** The failure that a generation ended with; null when it succeeded. */
export function taskFailure(generation: EndedGeneration): TaskFailure | null {
  const problem = problemOfEnd(generation);
  if (problem === null) return null;
  const { code, extras } = problem;
  return failureOf(
    new ServiceError(code, withoutQuotes(extras, generation.input)),
    generation.id,
    generation.state === "canceled" ? "Canceled" : undefined,
  );
}

/** The failure that something thrown stands for; whatever is not ours to show reads as InternalError. */
export function failureOf(thrown: unknown, requestId: string, name?: string): TaskFailure {
  const code = thrown instanceof ServiceError ? thrown.code : "internal";
  const problem =
    thrown instanceof ServiceError ? problemOf(code, thrown.extras, requestId) : toProblem(thrown, requestId);
  // A workflow retries what is ours, and not what it asked wrongly.
  const error = name ?? PROBLEMS[thrown instanceof Contended ? "internal" : code].taskError;
  // The name stands in the cause too, for callers that see only the text of an error.
  return { name: error, cause: causeOf({ ...problem, name: error }) };
}

/**
 * The problem as JSON that is whole even inside Lambda's account of the error, which escapes it once more. The faults'
 * names are the caller's own, and Lambda's runtime logs the message of every error thrown: no key stays in them.
 */
function causeOf(problem: Problem & { name: string }): string {
  const { errors, ...rest } = problem;
  const safe = errors?.map(({ pointer, detail }) => ({ pointer: safeText(pointer), detail }));
  const whole = JSON.stringify({ ...textsCut(rest, 500), ...(safe && { errors: safe }) });
  const { length } = JSON.stringify({ errorType: rest.name, errorMessage: whole, trace: [rest.name] });
  return length <= LONGEST_CAUSE ? whole : JSON.stringify(textsCut(rest, 200));
}

function textsCut<Part extends Omit<Problem, "errors">>(problem: Part, limit: number): Part {
  const { error } = problem;
  return {
    ...problem,
    detail: safeText(problem.detail, limit),
    error: {
      ...error,
      message: safeText(error.message, limit),
      param: error.param === null ? null : safeText(error.param, limit),
    },
  };
}

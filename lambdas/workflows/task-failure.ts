import { problemOfEnd } from "../generations/problem-of-end.ts";
import type { EndedGeneration } from "../generations/record.ts";
import { Contended, PROBLEMS, problemOf, ServiceError, toProblem } from "../platform/problems.ts";

/** How a failure reads in a workflow: the name that `Retry` and `Catch` match, and the problem JSON. */
export interface TaskFailure {
  readonly name: string;
  readonly cause: string;
}

/** The failure that a generation ended with; null when it succeeded. */
export function taskFailure(generation: EndedGeneration): TaskFailure | null {
  const problem = problemOfEnd(generation);
  if (problem === null) return null;
  return failureOf(problem, generation.id, generation.state === "canceled" ? "Canceled" : undefined);
}

/** The failure that something thrown stands for; whatever is not ours to show reads as InternalError. */
export function failureOf(thrown: unknown, requestId: string, name?: string): TaskFailure {
  const code = thrown instanceof ServiceError ? thrown.code : "internal";
  const problem =
    thrown instanceof ServiceError ? problemOf(code, thrown.extras, requestId) : toProblem(thrown, requestId);
  // A workflow retries what is ours, and not what it asked wrongly.
  const error = name ?? PROBLEMS[thrown instanceof Contended ? "internal" : code].taskError;
  // The name stands in the cause too, for callers that see only the text of an error.
  return { name: error, cause: JSON.stringify({ ...problem, name: error }) };
}

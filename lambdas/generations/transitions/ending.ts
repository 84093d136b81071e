import { timestamp } from "../../platform/clock.ts";
import { type Billed, PROBLEMS, type ProblemCode } from "../../platform/problem-table.ts";
import type { ProviderRefusal } from "../../platform/service-error.ts";
import { type Happening, withHappenings } from "../history.ts";
import { commonOf, type Failure, type Generation, type OpenGeneration } from "../record.ts";

/**
 * What the transitions share. Each is a pure function from one state of a generation to the next:
 * `queued → submitting → painted → succeeded | failed`, `queued → canceled | expired`.
 * The types admit no other step; the store writes each only over the version that was read.
 */

export function failure(
  code: ProblemCode,
  message: string,
  billed: Billed,
  provider: ProviderRefusal | null,
): Failure {
  return { code, message, retryable: PROBLEMS[code].retryable, billed, provider };
}

/** What every ended generation has, of what the open one had. */
export function ending(generation: OpenGeneration, now: number) {
  const kept = commonOf(generation);
  return {
    ...kept,
    version: kept.version + 1,
    completed_at: timestamp(now),
    waiting: null,
    announced: false,
    announce_tries: 0,
  };
}

export type Told = Omit<Happening, "at" | "attempt">;

/** The history with what happened now; the submission first, where its time is known. Times are epoch milliseconds. */
export function told(
  { history, attempts }: Generation,
  { now, submittedAt }: { now: number; submittedAt?: number | undefined },
  ...happened: readonly Told[]
) {
  const left: Happening[] =
    submittedAt === undefined ? [] : [{ event: "submitted", at: submittedAt, attempt: attempts }];
  return withHappenings(history, [
    ...left,
    ...happened.map((each) => ({ ...each, at: now, attempt: attempts })),
  ]);
}

export function ended(status: string, code: ProblemCode | null = null): Told {
  return { event: "ended", detail: code === null ? status : `${status}: ${code}` };
}

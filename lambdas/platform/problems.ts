import { type Billed, PROBLEMS, type ProblemCode, type ProblemFacts } from "./problem-table.ts";
import { RELATIVE_ROOT } from "./relative-root.ts";
import { type Fault, type ProblemExtras, type ProviderRefusal, ServiceError } from "./service-error.ts";

/** A problem document (RFC 9457) with the contract's extension members. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string;
  readonly code: ProblemCode;
  readonly retryable: boolean;
  readonly billed: Billed;
  readonly request_id: string;
  readonly errors?: readonly Fault[];
  readonly provider?: ProviderRefusal;
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ProblemCode;
  };
}

/**
 * The problem document of anything thrown. Promises never to show a stack, a path or a message that was not
 * written for the caller: whatever is no ServiceError reads as `internal`.
 */
export function toProblem(thrown: unknown, requestId: string, root?: string): Problem {
  const error =
    thrown instanceof ServiceError
      ? thrown
      : new ServiceError("internal", {
          detail: "The service failed; nothing is known to be wrong with the request.",
        });
  return problemOf(error.code, error.extras, requestId, root);
}

/** The problem document of a code. Its `type` is a page of the service, whose address begins with `root`. */
export function problemOf(
  code: ProblemCode,
  extras: ProblemExtras,
  requestId: string,
  root: string = RELATIVE_ROOT,
): Problem {
  const facts: ProblemFacts = PROBLEMS[code];
  return {
    type: `${root}/problems/${code.replaceAll("_", "-")}`,
    title: facts.title,
    status: facts.status,
    detail: extras.detail,
    ...(extras.instance !== undefined && { instance: extras.instance }),
    code,
    retryable: extras.retryable ?? facts.retryable,
    billed: extras.billed ?? "no",
    request_id: requestId,
    ...(extras.errors !== undefined && { errors: extras.errors }),
    ...(extras.provider && { provider: extras.provider }),
    error: {
      message: extras.detail,
      type: facts.openaiType,
      param: parameterOf(extras.errors),
      code,
    },
  };
}

function parameterOf(errors: readonly Fault[] | undefined): string | null {
  return errors?.[0]?.pointer.replace(/^#\/?/, "").replaceAll("/", ".") || null;
}

/** What happens to a call that a fault strikes. */
export type FaultAction =
  /** The function's process dies (SIGKILL) before the service hears of the call. */
  | "kill-before"
  /** The service does its work; then the function's process dies before it hears of it. */
  | "kill-after"
  /** The service answers with a server error and does nothing. */
  | "fail"
  /** The service does its work, but the connection breaks before its answer. */
  | "lose-answer"
  /** The service never hears of the call, and nobody ever answers it. */
  | "hang"
  /** The service does its work, and nobody ever answers. */
  | "hang-after";

/** The functions of the stack, by the end of their names. */
export type FunctionName = "api" | "authorizer" | "task" | "relay" | "worker" | "expander" | "reconciler";

/** A fault to come: which calls it strikes, and how often. All that is given must match. */
export interface Fault {
  /** `DynamoDB.PutItem`, `SQS.ChangeMessageVisibility`, `SecretsManager.GetSecretValue`, `S3.PUT`. */
  readonly operation: string;
  /** The function that calls. */
  readonly caller: FunctionName;
  /** A part of the call's body. */
  readonly body?: string;
  /** What the call's body does not have. */
  readonly without?: string;
  /** The generation that the call names or, where it names none, that its process named last. */
  readonly generationId?: string;
  readonly action: FaultAction;
  /** Once when absent. The SDK repeats a call that fails, and each repetition counts. */
  readonly times?: number;
}

/** A call of a function to a service, as far as faults look at it. */
export interface ServiceCall {
  readonly operation: string;
  readonly caller: FunctionName;
  readonly body: string;
  readonly generationIds: readonly string[];
}

/** A fault that strikes a call. */
export interface Strike {
  readonly action: FaultAction;
  /** It does not strike after all: the fault waits for another call. */
  readonly spare: () => void;
}

/** The faults that were ordered, and how often each has struck. */
export class FaultBook {
  readonly #entries: { readonly fault: Fault; struck: number }[] = [];

  /** Takes an order; answers its number. */
  add(fault: Fault): number {
    return this.#entries.push({ fault, struck: 0 }) - 1;
  }

  /** How often the fault of a number has struck. */
  struck(index: number): number {
    return this.#entries[index]?.struck ?? 0;
  }

  /** The fault that strikes this call, if any; it is counted. */
  strike(call: ServiceCall): Strike | undefined {
    const entry = this.#entries.find(
      ({ fault, struck }) => struck < (fault.times ?? 1) && matches(fault, call),
    );
    if (entry === undefined) return undefined;
    entry.struck++;
    return { action: entry.fault.action, spare: () => void entry.struck-- };
  }
}

function matches(fault: Fault, call: ServiceCall): boolean {
  return (
    fault.operation === call.operation &&
    fault.caller === call.caller &&
    call.body.includes(fault.body ?? "") &&
    (fault.without === undefined || !call.body.includes(fault.without)) &&
    (fault.generationId === undefined || call.generationIds.includes(fault.generationId))
  );
}

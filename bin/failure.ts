/** What the commands of this folder exit with. */
export const exitCode = {
  /** Something went wrong that is not the caller's doing, or a generation failed. */
  failed: 1,
  /** Arguments, variables or fields that are wrong. */
  wrongUse: 2,
  /** The service does not answer, or does not know the caller. */
  unreachable: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** A fault that a person can act on: its message says what happened and what to do next, and is printed alone. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.exitCode = options.exitCode ?? exitCode.failed;
  }
}

/** The caller wants us to stop: not a fault. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

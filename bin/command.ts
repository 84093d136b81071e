import { styleText } from "node:util";
import { type Command, CommanderError } from "commander";
import { exitCode, Failure, Interrupted, messageOf } from "./failure.ts";

/**
 * Runs a command and ends the process with its exit code. A fault is printed as one message on stderr; with `DEBUG=1`
 * its stack follows.
 */
export async function runCommand(command: () => Promise<void>): Promise<never> {
  try {
    await command();
  } catch (error) {
    if (error instanceof Interrupted) {
      if (error.message !== "") console.error(error.message);
      process.exit(exitCode.interrupted);
    }
    console.error(`${styleText("red", "✖", { stream: process.stderr })} ${messageOf(error)}`);
    if (process.env["DEBUG"] === "1") console.error(error);
    else if (!(error instanceof Failure)) console.error("  DEBUG=1 shows where it came from.");
    process.exit(error instanceof Failure ? error.exitCode : exitCode.failed);
  }
  process.exit();
}

const PARENT_POLL_MILLISECONDS = 500;

/**
 * A signal that aborts with `Interrupted` on the first Ctrl-C, SIGTERM or closed terminal, and when the npm that
 * started us is gone without having told us.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => controller.abort(new Interrupted()));
  const parent = process.ppid;
  const orphaned = () => process.ppid !== parent && controller.abort(new Interrupted());
  if (process.env["npm_lifecycle_event"] !== undefined)
    setInterval(orphaned, PARENT_POLL_MILLISECONDS).unref();
  return controller.signal;
}

/** Fulfilled when a signal is aborted. */
export function interrupted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
}

/** Runs the part of a program that the arguments name. Wrong arguments end with `exitCode.wrongUse`. */
export async function parseCommand(program: Command, parameters: readonly string[]): Promise<void> {
  for (const command of [program, ...program.commands])
    command.exitOverride().showHelpAfterError("(--help shows how)");
  try {
    await program.parseAsync(parameters);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander has said it already.
    process.exit(error.exitCode === 0 ? 0 : exitCode.wrongUse);
  }
}

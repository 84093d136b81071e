import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import type { Variables } from "../../lib/local-variables.ts";
import { Failure, messageOf } from "../failure.ts";
import { privately } from "./private-files.ts";

/** A process so described that another one, which got its number later, is not taken for it. */
export const processRecordSchema = z.object({
  name: z.string(),
  pid: z.int().min(2),
  /** When it started, in whatever form the system tells it. */
  started: z.string(),
  /** How long it has to end by itself before it is killed, where it has more to do than others. */
  graceMilliseconds: z.int().optional(),
});

export type ProcessRecord = z.infer<typeof processRecordSchema>;

/**
 * What to run, where and with which variables; it inherits none. Its output is appended to the log. What it writes is
 * its owner's alone.
 */
export interface ProcessDescription {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly variables: Variables;
  readonly directory: string;
  readonly log: string;
  readonly graceMilliseconds?: number;
}

/** A process that we started, the leader of a group of its own. */
export interface ServiceProcess extends ProcessRecord {
  readonly log: string;
  /** Fulfilled when it is gone, whoever ended it: with a word on how. */
  readonly gone: Promise<string>;
}

/** How long a group has to end by itself before it is killed. The emulator waits for functions in flight: we do not. */
const GRACE_MILLISECONDS = 1000;
const POLL_MILLISECONDS = 25;
const LONGEST_LAST_LINE = 300;

/** Starts a process in a group of its own, so that Ctrl-C in the terminal reaches us alone. */
export function startProcess(description: ProcessDescription): ServiceProcess {
  const child = launch(description);
  // A child without a number never started; `gone` tells why.
  const pid = child.pid ?? 0;
  return {
    name: description.name,
    pid,
    started: startOf(pid) ?? "",
    log: description.log,
    ...(description.graceMilliseconds !== undefined && { graceMilliseconds: description.graceMilliseconds }),
    gone: ended(child).then(({ reason }) => reason),
  };
}

/**
 * Runs a program to its end. Throws the signal's reason when aborted, after the program and all its children are
 * gone, and a `Failure` with the last lines of its output when it fails.
 */
export async function runProgram(
  description: ProcessDescription,
  signal: AbortSignal,
  onOutput: (text: string) => void = () => {},
): Promise<void> {
  signal.throwIfAborted();
  const start = tail(description.log).length;
  const child = launch(description);
  const output = () => tail(description.log).slice(start);
  const watch = setInterval(() => onOutput(output()), 250);
  const end = ended(child);
  const stop = () => void endGroup(child.pid ?? 0);
  signal.addEventListener("abort", stop);
  try {
    const { code, reason } = await end;
    if (signal.aborted) {
      await endGroup(child.pid ?? 0);
      signal.throwIfAborted();
    }
    if (code !== 0) throw new ProgramFailed(description, reason, output());
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", stop);
  }
}

/** A program that ended badly, with everything it said. */
export class ProgramFailed extends Failure {
  readonly output: string;

  constructor({ name, log }: ProcessDescription, reason: string, output: string) {
    const last = output.trim().split("\n").at(-1)?.slice(0, LONGEST_LAST_LINE) ?? "";
    super(`${name} failed (${reason})${last === "" ? "" : `: ${last}`}\n  Its whole output: ${log}`);
    this.output = output;
  }
}

/** The record of a running process; undefined when there is none, or only the remains of one. */
export function recordOf(name: string, pid: number): ProcessRecord | undefined {
  const started = startOf(pid);
  return started === undefined ? undefined : { name, pid, started };
}

/** Whether that very process runs. */
export function isRunning({ pid, started }: ProcessRecord): boolean {
  return startOf(pid) === started;
}

/** Ends a process that we started, and its children. Does nothing when it is gone, even if its number lives on. */
export async function stopProcess(record: ProcessRecord): Promise<void> {
  if (isRunning(record)) await endGroup(record.pid, record.graceMilliseconds);
}

/** Ends what is left of a group whose leader we started and still hold: its number cannot have passed on. */
export async function stopService({ pid, graceMilliseconds }: ServiceProcess): Promise<void> {
  await endGroup(pid, graceMilliseconds);
}

function launch({
  name,
  command,
  arguments: list,
  variables,
  directory,
  log,
}: ProcessDescription): ChildProcess {
  const output = openSync(log, "a", 0o600);
  try {
    return privately(() =>
      spawn(command, list, {
        cwd: directory,
        env: { ...variables },
        stdio: ["ignore", output, output],
        detached: true,
      }),
    );
  } catch (error) {
    throw new Failure(`${name} cannot be started: ${messageOf(error)}`, { cause: error });
  } finally {
    closeSync(output);
  }
}

async function ended(child: ChildProcess): Promise<{ code: number | null; reason: string }> {
  try {
    const [code, signal]: (number | string | null)[] = await once(child, "exit");
    return {
      code: typeof code === "number" ? code : null,
      reason: typeof code === "number" ? `exit code ${code}` : `signal ${signal}`,
    };
  } catch (error) {
    return { code: null, reason: messageOf(error) };
  }
}

/** SIGTERM for all, and SIGKILL for those who do not listen. */
async function endGroup(pid: number, grace = GRACE_MILLISECONDS): Promise<void> {
  if (pid < 2 || !tell(pid, "SIGTERM")) return;
  const patience = performance.now() + grace;
  while (performance.now() < patience) {
    await delay(POLL_MILLISECONDS);
    if (!tell(pid, 0)) return;
  }
  tell(pid, "SIGKILL");
  // Where nobody collects the dead, they keep their number: do not wait for ever.
  for (let round = 0; round < 20 && tell(pid, 0); round++) await delay(POLL_MILLISECONDS);
}

/** Sends a signal to a group; false when it has no member left. */
function tell(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}

/** When a living process started; undefined when there is none of that number. */
function startOf(pid: number): string | undefined {
  if (pid < 2) return undefined;
  if (process.platform !== "linux") {
    const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return stdout?.trim() || undefined;
  }
  try {
    return startInStatus(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** The start, in ticks since boot, in a line of `/proc/PID/stat`; undefined for the dead whom nobody collected. */
export function startInStatus(line: string): string | undefined {
  // The second field is the name in parentheses, which may hold anything.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

function tail(log: string): string {
  try {
    return readFileSync(log, "utf8");
  } catch {
    return "";
  }
}

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * The process that holds the client's end of a local TCP connection, by Linux' /proc; null when it is gone.
 * `port` is the client's port as the server sees it.
 */
export function processOfPort(port: number): number | null {
  const inode = inodeOfPort(port);
  if (inode === null) return null;
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (commandOf(Number(pid)).includes("ministack-lambda-") && holds(pid, wanted)) return Number(pid);
  }
  return null;
}

/** The command line of a process; empty when there is none. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Processes of the emulator that run a function, by the function's name. */
export function processesOfFunction(functionName: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => commandOf(pid).includes(`ministack-lambda-${functionName}-`));
}

function inodeOfPort(port: number): string | null {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(`:${hex}`) && state === "01" && inode !== undefined) return inode;
    }
  }
  return null;
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === socket;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

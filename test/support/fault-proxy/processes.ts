import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { FunctionName } from "./faults.ts";

/** A process of the emulator that runs a function. */
export interface FunctionProcess {
  readonly pid: number;
  readonly functionName: FunctionName;
}

const FOLDER =
  /ministack-lambda-image-service-[a-z]+-(api|authorizer|task|relay|worker|expander|reconciler)-/;

/** The processes that run functions, by Linux' /proc. */
export function functionProcesses(): FunctionProcess[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const functionName = FOLDER.exec(commandOf(name))?.[1];
    return isFunctionName(functionName) ? [{ pid: Number(name), functionName }] : [];
  });
}

/** The function's process at the client's end of a local TCP connection; null when it is gone, or no function's. */
export function processOfConnection(clientPort: number, serverPort: number): FunctionProcess | null {
  const inode = inodeOf(clientPort, serverPort);
  if (inode === null) return null;
  return functionProcesses().find(({ pid }) => holds(pid, `socket:[${inode}]`)) ?? null;
}

/** The most that a process has had in memory so far (resident), in bytes. */
export function peakMemory(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1]) * 1024;
}

function isFunctionName(name: string | undefined): name is FunctionName {
  return name !== undefined;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

function inodeOf(clientPort: number, serverPort: number): string | null {
  const [client, server] = [clientPort, serverPort].map(
    (port) => `:${port.toString(16).toUpperCase().padStart(4, "0")}`,
  );
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
      if (local?.endsWith(client ?? "") && remote?.endsWith(server ?? "") && inode !== undefined)
        return inode;
    }
  }
  return null;
}

function holds(pid: number, socket: string): boolean {
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

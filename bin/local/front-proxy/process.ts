import { join } from "node:path";
import type { Variables } from "../../../lib/local-variables.ts";
import { type ServiceProcess, startProcess } from "../processes.ts";
import { plainVariables, projectDirectory } from "../surroundings.ts";

interface FrontProxyOptions {
  readonly port: number;
  /** The emulator's socket, in the folder it runs in. */
  readonly socket: string;
  readonly directory: string;
  /** Where the functions reach AWS, when it is another proxy, in front of this one. */
  readonly functionsEndpoint?: string | undefined;
  readonly log: string;
  readonly variables: Variables;
}

/** Starts the front proxy where everybody looks for the emulator. */
export function startFrontProxyProcess(options: FrontProxyOptions): ServiceProcess {
  const { port, socket, directory, functionsEndpoint, log, variables } = options;
  return startProcess({
    name: "the front proxy",
    command: process.execPath,
    arguments: [
      join(projectDirectory, "bin", "local", "front-proxy", "main.ts"),
      "--port",
      String(port),
      "--socket",
      socket,
      ...(functionsEndpoint === undefined ? [] : ["--proxy-port", new URL(functionsEndpoint).port]),
    ],
    // A socket's whole path may be too long for the system: its name never is.
    directory,
    log,
    variables: plainVariables(variables),
  });
}

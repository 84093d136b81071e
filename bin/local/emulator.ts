import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Variables } from "../../lib/local-variables.ts";
import type { Installation } from "./installation.ts";
import { type KeptState, keepingVariables } from "./kept-state.ts";
import { type ServiceProcess, startProcess } from "./processes.ts";
import { aroundProxies, plainVariables } from "./surroundings.ts";

interface EmulatorOptions {
  /** Where the front proxy listens: in the addresses that the emulator gives out, and the functions' way to AWS. */
  readonly port: number;
  readonly region: string;
  readonly log: string;
  /** A private folder for what the emulator unpacks; it never tidies up. */
  readonly temporary: string;
  readonly variables: Variables;
  /** What to start from, and to keep at the end; nothing when absent. */
  readonly kept?: KeptState | undefined;
  /** Where functions reach AWS, when it is not the front proxy. */
  readonly functionsEndpoint?: string | undefined;
}

/** Some seconds, on a busy machine. What it keeps is small: objects are on the disk already. */
const KEEPING_MILLISECONDS = 15_000;

/** Variables of the shell that functions may need on their way to the provider. */
const WAY_OUT = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "http_proxy",
  "https_proxy",
  "NODE_USE_ENV_PROXY",
  "NODE_EXTRA_CA_CERTS",
];

/** The emulator's socket, in the folder it runs in. */
export const EMULATOR_SOCKET = "emulator.sock";

/** Of its server: it never closes a connection by itself, as the front proxy may be about to use that very one. */
const SERVER_SETTINGS = `
bind = "unix:${EMULATOR_SOCKET}"
workers = 0
keep_alive_timeout = 10**7
keep_alive_max_requests = 10**9
graceful_timeout = 1
loglevel = "WARNING"
`;

/**
 * Starts MiniStack on a socket in its private folder: it lets anybody do anything, and no browser can reach a socket.
 * Its variables become those of the functions: so there are few.
 */
export function startEmulator(installation: Installation, options: EmulatorOptions): ServiceProcess {
  const { port, region, log, temporary, variables } = options;
  const wayOut = WAY_OUT.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]]));
  const serverSettings = join(temporary, "server-settings.py");
  writeFileSync(serverSettings, SERVER_SETTINGS, { mode: 0o600 });
  return startProcess({
    name: "the AWS emulator",
    command: installation.python,
    // As MiniStack's own container starts it.
    arguments: ["-m", "hypercorn", "ministack.app:app", "--config", `file:${serverSettings}`],
    directory: temporary,
    log,
    // It writes down what it keeps when it is told to end.
    ...(options.kept !== undefined && { graceMilliseconds: KEEPING_MILLISECONDS }),
    variables: {
      ...plainVariables(variables),
      ...aroundProxies(variables),
      ...Object.fromEntries(wayOut),
      ...(installation.packages !== null && { PYTHONPATH: installation.packages }),
      ...(options.functionsEndpoint !== undefined && { AWS_ENDPOINT_URL: options.functionsEndpoint }),
      ...(options.kept !== undefined && keepingVariables(options.kept)),
      TMPDIR: temporary,
      GATEWAY_PORT: String(port),
      MINISTACK_REGION: region,
      LAMBDA_EXECUTOR: "local",
      // A burst leaves a process for each run at once: those that are not needed end soon.
      LAMBDA_WARM_TTL_SECONDS: "30",
      // The functions' processes inherit it: a third less CPU time at their start, and 10 MB less in each.
      NODE_COMPILE_CACHE: join(temporary, "compile-cache"),
      // Listeners of their own, which nothing would guard.
      SFTP_ENABLED: "0",
      IOT_MTLS_ENABLED: "0",
      LOG_LEVEL: "WARNING",
    },
  });
}

async function answersAsEmulator(endpoint: string): Promise<boolean> {
  return (await health(endpoint)) === "emulator";
}

/** What is at an address: an emulator, something else, or nothing. */
export async function health(endpoint: string): Promise<"emulator" | "stranger" | "nothing"> {
  try {
    const answers = await Promise.all(
      ["/_ministack/health", "/_localstack/health"].map((path) =>
        fetch(`${endpoint}${path}`, { signal: AbortSignal.timeout(3000) }),
      ),
    );
    return answers.some(({ ok }) => ok) ? "emulator" : "stranger";
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "stranger" : "nothing";
  }
}

/** Waits until the emulator answers. Throws the signal's reason when aborted. */
export async function untilHealthy(endpoint: string, signal: AbortSignal): Promise<void> {
  while (!(await answersAsEmulator(endpoint))) {
    signal.throwIfAborted();
    await delay(50);
  }
}

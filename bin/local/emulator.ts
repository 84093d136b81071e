import { setTimeout as delay } from "node:timers/promises";
import type { Variables } from "../../lib/local-variables.ts";
import type { Installation } from "./installation.ts";
import { type ServiceProcess, startProcess } from "./processes.ts";
import { aroundProxies, plainVariables } from "./surroundings.ts";

interface EmulatorOptions {
  readonly port: number;
  readonly region: string;
  readonly log: string;
  /** A private folder for what the emulator unpacks; it never tidies up. */
  readonly temporary: string;
  readonly variables: Variables;
  /** Where functions reach AWS, when it is not the emulator itself. */
  readonly functionsEndpoint?: string | undefined;
}

/** Variables of the shell that functions may need on their way to the provider. */
const WAY_OUT = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "http_proxy",
  "https_proxy",
  "NODE_USE_ENV_PROXY",
  "NODE_EXTRA_CA_CERTS",
];

/** Starts MiniStack on the loopback address. Its variables become those of the functions: so there are few. */
export function startEmulator(installation: Installation, options: EmulatorOptions): ServiceProcess {
  const { port, region, log, temporary, variables } = options;
  const wayOut = WAY_OUT.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]]));
  return startProcess({
    name: "the AWS emulator",
    command: installation.python,
    arguments: ["-m", "ministack"],
    directory: temporary,
    log,
    variables: {
      ...plainVariables(variables),
      ...aroundProxies(variables),
      ...Object.fromEntries(wayOut),
      ...(installation.packages !== null && { PYTHONPATH: installation.packages }),
      ...(options.functionsEndpoint !== undefined && { AWS_ENDPOINT_URL: options.functionsEndpoint }),
      TMPDIR: temporary,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      MINISTACK_REGION: region,
      LAMBDA_EXECUTOR: "local",
      SFTP_ENABLED: "0",
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

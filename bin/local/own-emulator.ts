import { join } from "node:path";
import type { Variables } from "../../lib/local-variables.ts";
import type { Progress } from "../progress.ts";
import { EMULATOR_SOCKET, startEmulator, untilHealthy } from "./emulator.ts";
import { ownEndpoint } from "./emulator-place.ts";
import { startFrontProxyProcess } from "./front-proxy/process.ts";
import { installEmulator, installed } from "./installation.ts";
import type { KeptState } from "./kept-state.ts";
import type { Services } from "./services.ts";
import type { LocalSettings } from "./settings.ts";
import { localDirectory } from "./surroundings.ts";

interface OwnEmulatorOptions {
  readonly settings: LocalSettings;
  /** The shell's. */
  readonly variables: Variables;
  /** Where the functions reach AWS, when it is not the front proxy. */
  readonly functionsEndpoint?: string | undefined;
  readonly logs: string;
  /** A private folder of this start. */
  readonly temporary: string;
  readonly kept: KeptState | undefined;
  readonly signal: AbortSignal;
}

/**
 * Starts an emulator behind its front proxy, and waits until it answers; the first time it is installed. Throws the
 * signal's reason when aborted.
 *
 * @returns its address
 */
export async function startOwnEmulator(
  options: OwnEmulatorOptions,
  services: Services,
  progress: Progress,
): Promise<string> {
  const { settings, variables, functionsEndpoint, logs, temporary, kept, signal } = options;
  const { port, region } = settings;
  const home = join(localDirectory, "emulator");
  const log = join(logs, "install.log");
  const installation =
    installed(home) ??
    (await progress.step("Installing the AWS emulator from PyPI (90 MB, once, a minute or two)", () =>
      installEmulator({ directory: home, variables, log, signal }),
    ));
  signal.throwIfAborted();
  const common = { port, variables, functionsEndpoint };
  await progress.step("Starting the AWS emulator", () => {
    services.keep(
      startEmulator(installation, { ...common, region, temporary, log: join(logs, "emulator.log"), kept }),
    );
    services.keep(
      startFrontProxyProcess({
        ...common,
        socket: EMULATOR_SOCKET,
        directory: temporary,
        log: join(logs, "front-proxy.log"),
      }),
    );
    return untilHealthy(ownEndpoint(settings), signal);
  });
  return ownEndpoint(settings);
}

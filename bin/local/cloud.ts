import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Variables } from "../../lib/local-variables.ts";
import { Failure } from "../failure.ts";
import { type Progress, silence } from "../progress.ts";
import { bootstrap, deploy, synthesize } from "./deploy.ts";
import { ownEndpoint, placeOfEmulator } from "./emulator-place.ts";
import { type Picture, paintFirstPicture, refuseWhenPaused } from "./first-picture.ts";
import { furnish, pacerOf } from "./furnish.ts";
import {
  firstPicturePath,
  type KeptState,
  keptStateIn,
  restoreKeptState,
  tidyKeptState,
} from "./kept-state.ts";
import { startOwnEmulator } from "./own-emulator.ts";
import { makePrivate } from "./private-files.ts";
import { type Provider, placeOfProvider } from "./provider-place.ts";
import { Services } from "./services.ts";
import { type LocalSettings, localSettings } from "./settings.ts";
import { startProvider, untilListening } from "./simulator.ts";
import { removeStackFile, type StackFile, writeStackFile } from "./stack-file.ts";
import { emulatorVariables } from "./surroundings.ts";
import { takeOver } from "./take-over.ts";
import { goOn } from "./under-way.ts";

export interface LocalCloudOptions {
  /** Everything that is written goes here: stack.json, logs, pictures. One cloud at a time for a folder. */
  readonly directory: string;
  /** The shell's variables: settings of the stack and of the provider. */
  readonly environment: Variables;
  /** The port of the local address, before LOCAL_PORT. */
  readonly port?: number;
  readonly progress?: Progress;
  /** Whether to try the whole way by painting a picture; yes when absent. */
  readonly paintFirstPicture?: boolean;
  /** Where the functions reach AWS, when it is not the local address: a proxy that breaks calls, in tests. */
  readonly functionsEndpoint?: string;
  /** Whether it goes on where the last one in this folder ended; no when absent, nor with an emulator of others. */
  readonly keepsState?: boolean;
  /** Ends the start; it throws the signal's reason when nothing of it is left. */
  readonly signal?: AbortSignal;
}

/** The service, running on this machine. */
export interface LocalCloud {
  readonly stack: StackFile;
  /** The picture that was painted to try the whole way, or is kept from an earlier start. */
  readonly picture: Picture | undefined;
  /** Who paints. */
  readonly provider: Provider["kind"];
  readonly logs: string;
  /** Fulfilled when a part of it ends that should not, with what to tell. Never when nobody had to start any. */
  readonly broken: Promise<Failure>;
  /** Ends everything that was started, and nothing else. */
  stop(): Promise<void>;
  /** Leaves all of it running, for `npm stop`. */
  leave(): void;
}

/**
 * Starts the service on this machine: an AWS emulator unless one is at AWS_ENDPOINT_URL, a double of DashScope unless
 * there is a key or an address, and between them the stack as `cdk deploy` makes it.
 *
 * @throws Failure with what to tell a person, when nothing of what was started is left
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const settings = localSettings({
    ...options.environment,
    ...(options.port !== undefined && { LOCAL_PORT: String(options.port) }),
  });
  const { directory } = options;
  makePrivate(directory);
  await takeOver(directory);
  const start = new Start(options, settings);
  try {
    return await start.run();
  } catch (error) {
    await start.stop();
    throw error;
  }
}

const FORGETTING =
  "If what the last service kept is in the way: npm stop -- --forget drops it, pictures and all.";

/** One start, and how to undo it. */
class Start {
  private readonly services: Services;
  private readonly controller = new AbortController();
  private readonly options: LocalCloudOptions;
  private readonly settings: LocalSettings;
  private readonly progress: Progress;
  private readonly logs: string;
  private readonly temporary: string;
  private stopping: Promise<void> | undefined;

  constructor(options: LocalCloudOptions, settings: LocalSettings) {
    const { signal, directory } = options;
    this.options = options;
    this.settings = settings;
    this.progress = options.progress ?? silence;
    this.services = new Services(directory);
    this.logs = join(directory, "logs");
    rmSync(this.logs, { recursive: true, force: true });
    makePrivate(this.logs);
    const parent = join(directory, "tmp");
    rmSync(parent, { recursive: true, force: true });
    makePrivate(parent);
    this.temporary = mkdtempSync(join(parent, "emulator-"));
    // The emulator runs functions from here, by a script in CommonJS: our own package.json must not rule over it.
    writeFileSync(join(this.temporary, "package.json"), "{}\n", { mode: 0o600 });
    removeStackFile(directory);
    rmSync(firstPicturePath(directory), { force: true });
    const abort = () => this.controller.abort(signal?.reason);
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort, { once: true });
    // What ends by itself while we start ends the start, with the reason that matters.
    void this.services.broken.then((failure) => this.controller.abort(failure));
  }

  async run(): Promise<LocalCloud> {
    const { settings, progress } = this;
    const { directory, environment } = this.options;
    const endpoint = await placeOfEmulator(settings, (text) => progress.note(text));
    const { keepsState = false } = this.options;
    const kept = keepsState && endpoint === undefined ? keptStateIn(directory, settings) : undefined;
    const restored = kept !== undefined && restoreKeptState(kept);
    if (restored) progress.note("Going on from the last stop: same address, same key, same pictures.");
    const variables = emulatorVariables(environment, endpoint ?? ownEndpoint(settings), settings.region);
    const cdk = { directory, logs: this.logs, signal: this.controller.signal };

    const [provider, address] = await this.together(
      placeOfProvider(settings.provider, () => this.simulator()).then(async (provider) => {
        const options = { ...cdk, variables: { ...variables, ...provider.variables } };
        await progress.step("Building the CDK app (most of the time: seven functions)", () =>
          synthesize(options),
        );
        return provider;
      }),
      this.emulator(endpoint, kept).then(async (address) => {
        await progress.step("Bootstrapping the account", () =>
          bootstrap({ ...cdk, variables }, settings.region),
        );
        return address;
      }),
    );
    const outputs = await progress
      .step("Deploying the stack", (detail) =>
        deploy({ ...cdk, variables: { ...variables, ...provider.variables } }, detail),
      )
      .catch((error: unknown) => {
        if (!restored || !(error instanceof Failure)) throw error;
        throw new Failure(`${error.message}\n  ${FORGETTING}`, { cause: error });
      });
    const stack = await furnish(outputs, {
      endpoint: address,
      region: settings.region,
      providerKey: provider.key,
      kept,
    });
    if (restored || endpoint !== undefined) await goOn(stack, settings.provider);
    const picture =
      this.options.paintFirstPicture === false ? undefined : await this.paint(stack, provider, restored);
    this.controller.signal.throwIfAborted();
    writeStackFile(directory, stack);
    this.services.record(stack.api_url);
    return {
      stack,
      picture,
      provider: provider.kind,
      logs: this.logs,
      broken: this.services.broken,
      stop: () => this.stop(),
      leave: () => this.services.leave(stack.api_url),
    };
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    const { directory } = this.options;
    removeStackFile(directory);
    await this.services.stop(() => {
      tidyKeptState(directory);
      rmSync(join(directory, "tmp"), { recursive: true, force: true, maxRetries: 5 });
    });
  }

  private emulator(endpoint: string | undefined, kept: KeptState | undefined): Promise<string> {
    const { progress, settings, logs, temporary, services } = this;
    if (endpoint !== undefined) {
      progress.note(
        `Using the emulator at ${endpoint}, as it is: web pages may reach it, as nothing of ours guards it.`,
      );
      return Promise.resolve(endpoint);
    }
    const { environment, functionsEndpoint } = this.options;
    const { signal } = this.controller;
    return startOwnEmulator(
      { settings, variables: environment, functionsEndpoint, logs, temporary, kept, signal },
      services,
      progress,
    );
  }

  private simulator() {
    return this.progress.step("Starting the DashScope simulator", () => {
      const { requestsPerMinute } = this.settings.provider;
      const log = join(this.logs, "simulator.log");
      const variables = this.options.environment;
      const simulator = this.services.keep(startProvider({ log, variables, requestsPerMinute }));
      return untilListening(simulator, this.controller.signal);
    });
  }

  private async paint(stack: StackFile, painter: Provider, restored: boolean): Promise<Picture> {
    const remedy = `see ${join(this.logs, "emulator.log")}`;
    const api = { url: stack.api_url, key: stack.api_key, remedy };
    const path = firstPicturePath(this.options.directory);
    const painted = new AbortController();
    const signal = AbortSignal.any([this.controller.signal, painted.signal]);
    const { provider } = this.settings;
    try {
      const title = restored ? "Fetching the first picture, or painting it" : "Painting a picture";
      return await this.progress.step(title, (detail) =>
        Promise.race([
          paintFirstPicture(api, path, { ...painter, baseUrl: stack.provider_base_url }, detail, signal),
          refuseWhenPaused(pacerOf(stack, provider), signal),
        ]),
      );
    } finally {
      painted.abort();
    }
  }

  /** Both, or neither: when one fails the other is ended before the fault goes on. */
  private async together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
    try {
      return await Promise.all([one, other]);
    } catch (error) {
      this.controller.abort(error);
      await Promise.allSettled([one, other]);
      throw error;
    }
  }
}

import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Variables } from "../../lib/local-variables.ts";
import { Failure, messageOf } from "../failure.ts";
import { emulatorVersion } from "./installation.ts";
import { makePrivate } from "./private-files.ts";
import type { LocalSettings } from "./settings.ts";

/** What is kept between stop and start: below `.local/state`, a folder for each version, region and port. */
export interface KeptState {
  /** What the emulator writes when it ends, a file for each AWS service. */
  readonly services: string;
  /** The buckets' objects, written as they come. */
  readonly objects: string;
  /** The API key of the first start. */
  readonly key: string;
}

/** Where the picture lies that a start shows. */
export const firstPicturePath = (directory: string): string => join(directory, "first-picture.png");

const folderIn = (directory: string): string => join(directory, "state");

/** The addresses in it hold the port, and no version of the emulator answers for the files of another. */
export function keptStateIn(
  directory: string,
  { region, port }: Pick<LocalSettings, "region" | "port">,
): KeptState {
  const home = join(folderIn(directory), `${emulatorVersion()}-${region}-${port}`);
  return { services: join(home, "services"), objects: join(home, "objects"), key: join(home, "api-key") };
}

/** The variables of the emulator that make it keep its state. */
export function keepingVariables({ services, objects }: KeptState): Variables {
  return { PERSIST_STATE: "1", STATE_DIR: services, S3_PERSIST: "1", S3_DATA_DIR: objects };
}

/**
 * Makes what was kept ready to be started from; false where there is nothing.
 *
 * @throws Failure where a file is damaged: the emulator would go on without it, and half a memory is none
 */
export function restoreKeptState(state: KeptState): boolean {
  makePrivate(state.services);
  if (!existsSync(join(state.services, "dynamodb.json"))) {
    // It never ended in peace: pictures without their table.
    rmSync(state.objects, { recursive: true, force: true });
    rmSync(state.key, { force: true });
    return false;
  }
  for (const name of readdirSync(state.services).filter((each) => each.endsWith(".json")))
    change(join(state.services, name));
  return true;
}

/** Takes out of the files of an emulator that has ended what must not lie there. */
export function tidyKeptState(directory: string): void {
  for (const home of homesIn(directory)) {
    const secrets = join(home, "services", "secretsmanager.json");
    try {
      if (existsSync(secrets)) change(secrets);
    } catch {
      // The next start says so, and npm stop -- --forget must not be held up by it.
    }
  }
}

/** Drops all that was kept; false where there was nothing. */
export function forgetKeptState(directory: string): boolean {
  const there = homesIn(directory).length > 0;
  rmSync(folderIn(directory), { recursive: true, force: true });
  rmSync(firstPicturePath(directory), { force: true });
  return there;
}

function homesIn(directory: string): string[] {
  const folder = folderIn(directory);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** The API key of the first start; undefined where there is none. */
export function readKeptKey({ key }: KeptState): string | undefined {
  return existsSync(key) ? readFileSync(key, "utf8") : undefined;
}

export function keepKey({ key }: KeptState, value: string): void {
  writeFileSync(key, value, { mode: 0o600 });
}

/** What a file may not hold over a restart. */
function without(name: string, value: unknown): unknown {
  // The emulator keeps how far it has read a stream, but not the stream: new changes would be taken for old ones.
  if (name === "dynamodb_stream_positions") return {};
  // A provider's key costs money in other hands. Each start puts it there anew.
  return name === "SecretString" ? "put here by npm start" : value;
}

function change(path: string): void {
  const draft = `${path}.draft`;
  try {
    const state: unknown = JSON.parse(readFileSync(path, "utf8"), without);
    writeFileSync(draft, JSON.stringify(state), { mode: 0o600 });
    renameSync(draft, path);
  } catch (error) {
    throw new Failure(
      `What the last service kept cannot be read (${path}: ${messageOf(error)}). ` +
        "npm stop -- --forget drops it, pictures and all; then npm start begins anew.",
      { cause: error },
    );
  }
}

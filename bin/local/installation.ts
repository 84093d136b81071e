import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { Variables } from "../../lib/local-variables.ts";
import { Failure, messageOf } from "../failure.ts";
import { makePrivate } from "./private-files.ts";
import { runProgram } from "./processes.ts";
import { type Installer, installers, type Probe } from "./python.ts";
import { searchPath } from "./surroundings.ts";

/** A set of Python packages in exact versions, and what messages call it. */
interface Packages {
  readonly name: string;
  readonly title: string;
  /** The pip requirements file. */
  readonly requirements: string;
}

const emulator: Packages = {
  name: "ministack",
  title: "The AWS emulator",
  requirements: fileURLToPath(new URL("emulator-requirements.txt", import.meta.url)),
};

const markSchema = z.object({ python: z.string(), packages: z.string().nullable() });

/** How to run the emulator: its interpreter, and the folder of its packages where the interpreter has them not. */
export type Installation = z.infer<typeof markSchema>;

interface InstallOptions {
  /** Where installations are kept, one folder for each set of versions. */
  readonly directory: string;
  readonly variables: Variables;
  readonly log: string;
  readonly signal: AbortSignal;
}

/** Names the versions of the emulator and all it needs. */
export function emulatorVersion(): string {
  return basename(homeIn("", emulator));
}

/** The emulator there is in a folder, of exactly the versions we want. */
export function installed(directory: string): Installation | undefined {
  return existing(homeIn(directory, emulator));
}

/** Installs the emulator by the best means of this machine. */
export function installEmulator(options: InstallOptions): Promise<Installation> {
  return installPackages(emulator, options);
}

/** Installs Python packages by the best means of this machine, unless they are there. */
export async function installPackages(packages: Packages, options: InstallOptions): Promise<Installation> {
  const home = homeIn(options.directory, packages);
  const there = existing(home);
  if (there !== undefined) return there;
  makePrivate(options.directory);
  // Made aside and moved when complete: an interrupted installation is never taken for one.
  const draft = `${home}.${process.pid}`;
  const faults: string[] = [];
  try {
    for await (const installer of installers(probe(options))) {
      rmSync(draft, { recursive: true, force: true });
      try {
        const made = await install(installer, draft, packages, options);
        writeFileSync(join(draft, "installation.json"), `${JSON.stringify(made)}\n`);
        rmSync(home, { recursive: true, force: true });
        renameSync(draft, home);
        const installation = existing(home);
        if (installation !== undefined) return installation;
        faults.push(`${installer.kind}: the interpreter is not where it should be`);
      } catch (error) {
        options.signal.throwIfAborted();
        faults.push(messageOf(error));
      }
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  if (faults.length > 0)
    throw new Failure(`${packages.title} could not be installed from PyPI:\n  ${faults.join("\n  ")}`);
  throw new Failure(
    `${packages.title} needs Python, and this machine has none that will do: install uv ` +
      "(https://docs.astral.sh/uv/) or Python 3.10 or newer with venv or pip, then try again.",
  );
}

function homeIn(directory: string, { name, requirements }: Packages): string {
  const versions = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 8);
  return join(directory, `${name}-${versions}`);
}

/** The mark holds paths inside the folder without the folder, as that was moved. */
function existing(home: string): Installation | undefined {
  try {
    const mark = markSchema.parse(JSON.parse(readFileSync(join(home, "installation.json"), "utf8")));
    const python = mark.packages === null ? join(home, mark.python) : mark.python;
    accessSync(python, constants.X_OK);
    return { python, packages: mark.packages === null ? null : join(home, mark.packages) };
  } catch {
    return undefined;
  }
}

async function install(
  installer: Installer,
  home: string,
  { requirements }: Packages,
  options: InstallOptions,
): Promise<Installation> {
  const python = join(home, "bin", "python");
  const inside: Installation = { python: join("bin", "python"), packages: null };
  const run = (name: string, command: string, parameters: readonly string[]) =>
    runProgram(
      {
        name,
        command,
        arguments: parameters,
        directory: options.directory,
        log: options.log,
        variables: pythonVariables(options.variables),
      },
      options.signal,
    );
  const pip = [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--no-input",
    "--disable-pip-version-check",
    "-r",
    requirements,
  ];
  switch (installer.kind) {
    case "uv":
      await run("uv venv", "uv", ["venv", "--quiet", "--no-config", "--python", ">=3.10", home]);
      await run("uv pip install", "uv", [
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "-r",
        requirements,
      ]);
      return inside;
    case "venv":
      await run("python -m venv", installer.python, ["-m", "venv", home]);
      await run("pip install", python, pip);
      return inside;
    case "pip":
      await run("pip install --target", installer.python, [...pip, "--target", join(home, "packages")]);
      return { python: installer.python, packages: "packages" };
  }
}

/** The shell's variables, so that its index and proxy are used, without what would lead Python elsewhere. */
function pythonVariables(variables: Variables): Variables {
  const { PYTHONPATH, PYTHONHOME, VIRTUAL_ENV, PIP_TARGET, PIP_PREFIX, DASHSCOPE_API_KEY, ...kept } =
    variables;
  return { ...kept, PATH: searchPath(variables), PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0" };
}

function probe({ variables, signal }: InstallOptions): Probe {
  return (command, parameters) =>
    new Promise((resolve) => {
      const options = { env: { ...pythonVariables(variables) }, timeout: 20_000, signal };
      execFile(command, parameters, options, (error, stdout) => resolve(error === null ? stdout : undefined));
    });
}

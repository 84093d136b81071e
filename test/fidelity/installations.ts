import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../../bin/failure.ts";
import { type Installation, installPackages } from "../../bin/local/installation.ts";
import { runProgram } from "../../bin/local/processes.ts";

/** Where the other makers' programs are kept: fetched once, each in a folder named after its version. */
export const home = fileURLToPath(new URL("../../.local/fidelity", import.meta.url));
export const log = join(home, "install.log");

/** Amazon's DynamoDB Local: a folder of jars. Its version stands in dynamodb/pom.xml. */
export const dynamoDbLocal = join(home, "dynamodb-local-2.6.1");

/** Amazon's runtime client, as Lambda's Node.js runtime has it. */
export const runtimeClient = join(home, "aws-lambda-ric-4.0.2", "package", "index.mjs");
const RUNTIME_CLIENT_SHA512 =
  "FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==";

/** Stoplight's linter of OpenAPI documents: 200 packages, so no dependency of ours. */
export const spectral = join(home, "spectral-cli-6.16.3");

/** Amazon's linter of CloudFormation templates. */
export function cfnLint(signal = new AbortController().signal): Promise<Installation> {
  const requirements = fileURLToPath(new URL("cloudformation/requirements.txt", import.meta.url));
  return installPackages(
    { name: "cfn-lint", title: "cfn-lint", requirements },
    { directory: home, variables: process.env, log, signal },
  );
}

/**
 * Installs what is not there yet.
 *
 * @throws Failure that names in one line what this machine lacks
 */
export async function installAll(signal: AbortSignal): Promise<void> {
  mkdirSync(home, { recursive: true });
  requireJava();
  await Promise.all([
    installOnce(dynamoDbLocal, async (draft) => {
      const pom = fileURLToPath(new URL("dynamodb/pom.xml", import.meta.url));
      const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
      await run(
        "mvn",
        ["-B", "-q", "-f", pom, goal, "-DincludeScope=runtime", `-DoutputDirectory=${draft}`],
        signal,
      );
    }),
    // The package alone, which needs no other: installed as a dependency it would build its native part for minutes.
    installOnce(join(home, "aws-lambda-ric-4.0.2"), async (draft) => {
      await run("npm", ["pack", "--silent", "aws-lambda-ric@4.0.2", "--pack-destination", draft], signal);
      const archive = join(draft, "aws-lambda-ric-4.0.2.tgz");
      const sha512 = createHash("sha512").update(readFileSync(archive)).digest("base64");
      if (sha512 !== RUNTIME_CLIENT_SHA512) throw new Failure("aws-lambda-ric 4.0.2 is not what it was.");
      await run("tar", ["-xzf", archive, "-C", draft], signal);
    }),
    installOnce(spectral, (draft) =>
      run(
        "npm",
        [
          "install",
          "--silent",
          "--no-audit",
          "--ignore-scripts",
          "--prefix",
          draft,
          "@stoplight/spectral-cli@6.16.3",
        ],
        signal,
      ),
    ),
    cfnLint(signal),
  ]);
}

/** Made aside and moved when complete: an interrupted installation is never taken for one. */
export async function installOnce(place: string, make: (draft: string) => Promise<void>): Promise<void> {
  if (existsSync(place)) return;
  const draft = `${place}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await make(draft);
    renameSync(draft, place);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function requireJava(): void {
  const java = spawnSync("java", ["-version"], { encoding: "utf8" });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? "")?.[1] ?? 0);
  const missing = [
    ...(version < 17 ? ["Java 17 or newer (java)"] : []),
    ...(!existsSync(dynamoDbLocal) && spawnSync("mvn", ["-v"]).status !== 0 ? ["Maven (mvn)"] : []),
  ];
  if (missing.length > 0)
    throw new Failure(
      `npm run fidelity runs Amazon's DynamoDB Local, and this machine has no ${missing.join(", no ")}.`,
    );
}

export function run(command: string, parameters: string[], signal: AbortSignal): Promise<void> {
  const { env } = process;
  return runProgram(
    { name: command, command, arguments: parameters, variables: env, directory: home, log },
    signal,
  );
}

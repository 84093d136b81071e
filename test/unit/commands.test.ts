import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Runs a command of `bin/` to its end. */
function run(command: string, parameters: string[], env: NodeJS.ProcessEnv = process.env) {
  const file = fileURLToPath(new URL(`../../bin/${command}.ts`, import.meta.url));
  return spawnSync(process.execPath, [file, ...parameters], { encoding: "utf8", timeout: 30_000, env });
}

describe("npm run keys", () => {
  test.each(["workflows", "a b"])("makes no key for the owner %j, which is wrong use", (owner) => {
    const { status, stdout, stderr } = run("keys", ["create", "--owner", owner]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/owner's name/);
  });
});

describe("npm stop", () => {
  test.each(["--help", "-h"])("with %s says what it does, and stops nothing", (flag) => {
    const { status, stdout } = run("stop", [flag]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: npm stop/);
  });

  test.each(["--now", "everything"])("with %s is wrong use, and stops nothing", (parameter) => {
    const { status, stdout, stderr } = run("stop", [parameter]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--help shows how");
  });
});

describe("npm run canary", () => {
  test("spends nothing unasked where nobody can be asked", () => {
    const { status, stdout, stderr } = run("canary", ["--env", "prod"]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/It spends up to 0\.225 USD: say --yes/);
  });
});

describe("without AWS credentials", () => {
  const nowhere = {
    PATH: process.env["PATH"],
    HOME: "/nonexistent",
    AWS_REGION: "ap-southeast-1",
    AWS_EC2_METADATA_DISABLED: "true",
    IMAGE_SERVICE_API_KEY: "aik_1",
  };
  test.each([
    ["generate", "a fox"],
    ["inspect", "gen_1"],
    ["doctor"],
    ["keys", "list"],
    ["usage"],
    ["diff"],
    ["canary", "--yes"],
  ])("npm run %s says in one sentence what to do next", (command, ...parameters) => {
    const { status, stdout, stderr } = run(command, [...parameters, "--env", "dev"], nowhere);
    expect([status, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(
      /^✖ There are no AWS credentials to be found: .* sign in with aws sso login\..*\n$/,
    );
  });
});

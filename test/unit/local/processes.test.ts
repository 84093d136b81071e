import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  isRunning,
  recordOf,
  runProgram,
  startInStatus,
  startProcess,
  stopProcess,
  stopService,
} from "../../../bin/local/processes.ts";

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const tidy of clean.splice(0)) await tidy();
});

function description(code: string) {
  const directory = mkdtempSync(join(tmpdir(), "processes-"));
  return {
    name: "node",
    command: process.execPath,
    arguments: ["-e", code],
    variables: { MARK: "set" },
    directory,
    log: join(directory, "log"),
  };
}

describe("a recorded process", () => {
  it("is not taken for a later one of the same number", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true });
    clean.push(() => child.kill("SIGKILL"));
    const record = recordOf("child", child.pid!)!;
    const earlier = { ...record, started: String(Number(record.started) - 100) };
    expect(isRunning(record)).toBe(true);
    expect(isRunning(earlier)).toBe(false);

    await stopProcess(earlier);
    expect(isRunning(record)).toBe(true);

    await stopProcess(record);
    expect(isRunning(record)).toBe(false);
  });

  it("is read from the system's line whatever its name", () => {
    const rest = "S 1 2 2 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 2 3";
    expect(startInStatus(`2 (a) Z 9 (b) ${rest}`)).toBe("987654");
    expect(startInStatus(`2 (node) ${rest.replace("S", "Z")}`)).toBeUndefined();
  });
});

describe("a service", () => {
  it("is ended with its children", async () => {
    const service = startProcess(
      description(`
        const { spawn } = require("node:child_process");
        const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => process.exit()); setInterval(() => {}, 1000)"]);
        console.log(child.pid);
        setInterval(() => {}, 1000);
      `),
    );
    clean.push(() => stopService(service));
    await expect.poll(() => readFileSync(service.log, "utf8")).toMatch(/\d+\n/);
    const child = recordOf("child", Number(readFileSync(service.log, "utf8")))!;

    await stopService(service);
    expect(isRunning(service)).toBe(false);
    expect(isRunning(child)).toBe(false);
    expect(await service.gone).toBe("signal SIGTERM");
  });

  it("that cannot be started says so", async () => {
    const service = startProcess({ ...description(""), command: "/no/such/program" });
    expect(await service.gone).toMatch(/ENOENT/);
  });
});

describe("a program run to its end", () => {
  const unaborted = new AbortController().signal;

  it("inherits no variable of ours", async () => {
    process.env["OUR_SECRET"] = "secret";
    const program = description("console.log(process.env.MARK, process.env.OUR_SECRET)");
    await runProgram(program, unaborted);
    expect(readFileSync(program.log, "utf8")).toBe("set undefined\n");
  });

  it("fails with its name, its exit code, its last word and its log", async () => {
    const program = description("console.log('oh'); process.exit(3)");
    await expect(runProgram(program, unaborted)).rejects.toThrow(
      `node failed (exit code 3): oh\n  Its whole output: ${program.log}`,
    );
  });

  it("is gone when the caller changes their mind, and the reason is theirs", async () => {
    const controller = new AbortController();
    const program = description("console.log(process.pid); setInterval(() => {}, 1000)");
    const run = runProgram(program, controller.signal);
    await expect.poll(() => readFileSync(program.log, "utf8")).toMatch(/\d+\n/);
    const record = recordOf("program", Number(readFileSync(program.log, "utf8")))!;

    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    expect(isRunning(record)).toBe(false);
  });
});

it("a process that has ended has no record", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  expect(recordOf("child", child.pid!)).toBeUndefined();
});

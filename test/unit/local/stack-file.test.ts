import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { localApiUrl } from "../../../bin/local/furnish.ts";
import { recordOf } from "../../../bin/local/processes.ts";
import { readRunning, removeRunning, takeDirectory, writeRunning } from "../../../bin/local/running-file.ts";
import {
  readStackFile,
  removeStackFile,
  stackFilePath,
  writeStackFile,
} from "../../../bin/local/stack-file.ts";
import { stopRunning, whoRuns } from "../../../bin/local/stop-running.ts";
import { stackFile as stack } from "../../support/stack-file.ts";

const newDirectory = () => mkdtempSync(join(tmpdir(), "local-"));

describe("stack.json", () => {
  it("comes back as it was written, for its owner alone", () => {
    const directory = newDirectory();
    writeStackFile(directory, stack);
    expect(JSON.parse(readFileSync(stackFilePath(directory), "utf8"))).toEqual(stack);
    expect(readStackFile(directory)).toEqual(stack);
    expect(statSync(stackFilePath(directory)).mode & 0o777).toBe(0o600);
    removeStackFile(directory);
    expect(readStackFile(directory)).toBeUndefined();
  });

  it("has an address that paths can be appended to", () => {
    expect(() => writeStackFile(newDirectory(), { ...stack, api_url: `${stack.api_url}/` })).toThrow();
    expect(localApiUrl("https://a1b2c3d4.execute-api.us-east-1.amazonaws.com/v1", stack.aws_endpoint)).toBe(
      stack.api_url,
    );
    expect(() => localApiUrl("http://elsewhere/v1", stack.aws_endpoint)).toThrow(/ApiUrl/);
  });
});

describe("who runs for a folder", () => {
  const self = recordOf("test", process.pid)!;
  const dead = { name: "dead", pid: process.pid, started: "1" };

  it("is the one who took it first", () => {
    const directory = newDirectory();
    expect(takeDirectory(directory, self)).toBe(true);
    expect(takeDirectory(directory, self)).toBe(false);
    expect(whoRuns(directory)?.launcher).toEqual(self);
    removeRunning(directory);
    expect(whoRuns(directory)).toBeUndefined();
  });

  it("is nobody when the launcher's number has passed on, and nothing of that number is touched", async () => {
    const directory = newDirectory();
    writeRunning(directory, { launcher: dead, processes: [dead], api_url: null });
    expect(whoRuns(directory)).toBeUndefined();
    expect(await stopRunning(directory)).toBe(false);
    expect(readRunning(directory)).toBeUndefined();
  });

  it("is nobody when the file cannot be read", () => {
    const directory = newDirectory();
    writeFileSync(join(directory, "running.json"), '{"launcher": {"pid": -1}}');
    expect(whoRuns(directory)).toBeUndefined();
  });
});

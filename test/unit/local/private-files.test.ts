import { spawnSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makePrivate, privately } from "../../../bin/local/private-files.ts";

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "private-files-"));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const modeOf = (...path: string[]) => (statSync(join(parent, ...path)).mode & 0o777).toString(8);

it("a new folder is its owner's alone, whatever the umask", () => {
  const before = process.umask(0);
  try {
    makePrivate(join(parent, "a", "b"));
  } finally {
    process.umask(before);
  }
  expect([modeOf("a"), modeOf("a", "b")]).toEqual(["700", "700"]);
});

it("so is one that was open, with all that is in it; programs can still be run", () => {
  mkdirSync(join(parent, "open", "logs"), { recursive: true });
  for (const name of ["stack.json", "logs/emulator.log", "python"])
    writeFileSync(join(parent, "open", name), "");
  chmodSync(join(parent, "open"), 0o755);
  chmodSync(join(parent, "open", "logs"), 0o777);
  chmodSync(join(parent, "open", "logs/emulator.log"), 0o666);
  chmodSync(join(parent, "open", "python"), 0o755);

  makePrivate(join(parent, "open"));
  expect(
    ["", "logs", "stack.json", "logs/emulator.log", "python"].map((name) => modeOf("open", name)),
  ).toEqual(["700", "700", "600", "600", "700"]);
});

it("a file that has another name elsewhere keeps its mode there", () => {
  mkdirSync(join(parent, "open"));
  writeFileSync(join(parent, "cached"), "");
  chmodSync(join(parent, "cached"), 0o644);
  linkSync(join(parent, "cached"), join(parent, "open", "linked"));
  makePrivate(join(parent, "open"));
  expect([modeOf("open"), modeOf("cached")]).toEqual(["700", "644"]);
});

it("what a process writes is the owner's alone, and our own umask is as before", () => {
  const before = process.umask();
  const file = join(parent, "written");
  privately(() => spawnSync("sh", ["-c", `: > "${file}"`]));
  expect([modeOf("written"), process.umask()]).toEqual(["600", before]);
});

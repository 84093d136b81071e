import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";

test("nobody but the owner can read what a running service has written", () => {
  const { directory } = inject("cloud");
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const open = ["", ...names].filter((name) => {
    const stats = lstatSync(join(directory, name));
    return !stats.isSymbolicLink() && (stats.mode & 0o077) !== 0;
  });
  expect(open).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(["stack.json", "logs/front-proxy.log", "tmp", "cdk.out"]));
});

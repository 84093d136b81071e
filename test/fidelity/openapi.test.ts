import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { spectral } from "./installations.ts";

const run = promisify(execFile);
const document = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));

test("Spectral's recommended rules for OpenAPI find nothing in the document", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spectral-"));
  try {
    const ruleset = join(folder, "ruleset.yaml");
    writeFileSync(ruleset, 'extends: ["spectral:oas"]\n');
    const program = join(spectral, "node_modules", "@stoplight", "spectral-cli", "dist", "index.js");
    // It ends with 1 for errors, and so rejects here with what it found.
    const { stdout } = await run(process.execPath, [
      program,
      "lint",
      "--ruleset",
      ruleset,
      "--format",
      "json",
      document,
    ]);
    expect(JSON.parse(stdout.slice(0, stdout.lastIndexOf("]") + 1))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { paintBatch } from "../../../bin/batch/paint-batch.ts";
import { silence } from "../../../bin/progress.ts";
import { ImageService } from "../../../bin/sdk/client.ts";
import { fetchOf } from "../../support/fetch-of.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "forgotten-batch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a folder whose batch the service has forgotten is not painted anew unasked", async () => {
  const file = join(folder, "prompts.csv");
  writeFileSync(file, "prompt\na red mug\n");
  const sha256 = createHash("sha256").update("prompt\na red mug\n").digest("hex");
  const state = { id: `bat_${"0".repeat(26)}`, environment: "local", manifest: "prompts.csv", sha256 };
  writeFileSync(join(folder, "batch.json"), JSON.stringify(state));
  const api = apiUnderTest();
  const service = new ImageService({ url: "https://api.example/v1", key: "aik_1", fetch: fetchOf(api) });
  const { signal } = new AbortController();

  const painting = paintBatch({ file, folder, environment: "local", service, progress: silence, signal });

  await expect(painting).rejects.toThrow("name another folder");
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type BatchJob, paintBatch } from "../../bin/batch/paint-batch.ts";
import { ImageService } from "../../bin/sdk/client.ts";
import { callsFor, stack, uniquePrompt, until } from "./harness.ts";

const place = mkdtempSync(join(tmpdir(), "image-service-batch-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const service = new ImageService({ url: stack.api_url, key: stack.api_key });

/** The command's work on a file: what it said, and what it came to. */
function painting(file: string, folder: string, signal = new AbortController().signal) {
  const said: string[] = [];
  const progress: BatchJob["progress"] = {
    step: (title, work) => {
      said.push(title);
      return work((text) => said.push(text));
    },
    note: (text) => said.push(text),
  };
  return { said, painted: paintBatch({ file, folder, environment: "local", service, progress, signal }) };
}

/** A file of so many prompts, one of which the provider refuses. */
function manifest(name: string, prompt: string, count: number): string {
  const rows = Array.from({ length: count }, (_, index) => `"${prompt} ${index}",mug ${index}`);
  rows[1] = `"${prompt} [[error:400:DataInspectionFailed]]",refused`;
  const file = join(place, name);
  writeFileSync(file, `prompt,custom_id\n${rows.join("\n")}\n`);
  return file;
}

describe("npm run generate -- --batch", () => {
  test("saves every picture under its line and name, and says what became of each line", async () => {
    const prompt = uniquePrompt();
    const folder = join(place, "all", "pictures");
    const { said, painted } = painting(manifest("all.csv", prompt, 5), folder);
    const { batch, pictures, without, results } = await painted;

    expect([pictures, batch.status]).toEqual([4, "completed"]);
    expect(without.map(({ line, custom_id, error }) => [line, custom_id, error?.code])).toEqual([
      [3, "refused", "content_rejected"],
    ]);
    const names = ["0002-mug-0.png", "0004-mug-2.png", "0005-mug-3.png", "0006-mug-4.png"];
    expect(readdirSync(folder).sort()).toEqual([...names, "batch.json", "results.jsonl"]);
    const lines = readFileSync(results ?? "", "utf8")
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line).file)).toEqual([names[0], null, ...names.slice(1)]);
    expect(said[0]).toBe("Handing it in");
  });

  test("goes on where it was stopped, from another folder too, and paints nothing twice", async () => {
    const prompt = uniquePrompt("[[latency:800]]");
    const file = manifest("twice.csv", prompt, 12);
    const folder = join(place, "twice");
    const stop = new AbortController();
    const first = painting(file, folder, stop.signal).painted.catch((error: unknown) => error);
    await until("a call", async () => (await callsFor(prompt)).length > 0);
    stop.abort(new Error("stopped"));
    expect(await first).toMatchObject({ message: "stopped" });

    const second = await painting(file, folder).painted;
    const again = await painting(file, folder).painted;
    const elsewhere = await painting(file, join(place, "elsewhere")).painted;

    expect([second, again, elsewhere].map(({ pictures }) => pictures)).toEqual([11, 11, 11]);
    expect(new Set([second, again, elsewhere].map(({ batch }) => batch.id)).size).toBe(1);
    expect(await callsFor(prompt)).toHaveLength(12);
  });

  test("refuses a changed file for the folder of the old one: both would be paid", async () => {
    const prompt = uniquePrompt();
    const folder = join(place, "changed");
    await painting(manifest("changed.csv", prompt, 2), folder).painted;
    const { painted } = painting(manifest("changed.csv", prompt, 3), folder);
    await expect(painted).rejects.toThrow(/belongs to another batch/);
    expect(await callsFor(prompt)).toHaveLength(2);
  });
});

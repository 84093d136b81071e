import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  forgetKeptState,
  type KeptState,
  keepKey,
  keptStateIn,
  readKeptKey,
  restoreKeptState,
  tidyKeptState,
} from "../../../bin/local/kept-state.ts";

const place = { region: "us-east-1", port: 4566 };
let directory: string;
let kept: KeptState;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kept-state-"));
  kept = keptStateIn(directory, place);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What an emulator that has ended leaves behind. */
function leave(files: Record<string, unknown> = {}): void {
  mkdirSync(kept.services, { recursive: true });
  for (const [name, content] of Object.entries({ dynamodb: { tables: {} }, ...files }))
    writeFileSync(join(kept.services, `${name}.json`), JSON.stringify(content));
}

const read = (name: string) => readFileSync(join(kept.services, `${name}.json`), "utf8");

describe("what a stopped service kept", () => {
  test("is gone on from, but not from places in streams that are no more", () => {
    leave({ lambda: { payload: { esms: { relay: 1 }, dynamodb_stream_positions: { relay: 20 } } } });
    expect(restoreKeptState(kept)).toBe(true);
    expect(JSON.parse(read("lambda"))).toEqual({
      payload: { esms: { relay: 1 }, dynamodb_stream_positions: {} },
    });
  });

  test("holds no provider's key once it has ended", () => {
    leave({ secretsmanager: { Versions: { a: { SecretString: "sk-secret", Stages: ["AWSCURRENT"] } } } });
    tidyKeptState(directory);
    expect(read("secretsmanager")).not.toContain("sk-secret");
    expect(read("secretsmanager")).toContain("AWSCURRENT");
    expect(statSync(join(kept.services, "secretsmanager.json")).mode & 0o077).toBe(0);
  });

  test("is of one region, port and version of the emulator", () => {
    leave();
    expect(restoreKeptState(keptStateIn(directory, { ...place, port: 4567 }))).toBe(false);
    expect(restoreKeptState(kept)).toBe(true);
  });

  test("has the key of the first start, for its owner alone", () => {
    leave();
    expect(readKeptKey(kept)).toBeUndefined();
    keepKey(kept, "aik_1");
    expect([readKeptKey(kept), statSync(kept.key).mode & 0o077]).toEqual(["aik_1", 0]);
  });

  test("that is damaged is named, with the way out; forgetting is never in its way", () => {
    leave({ secretsmanager: {} });
    writeFileSync(join(kept.services, "secretsmanager.json"), '{"Versions": ');
    expect(() => restoreKeptState(kept)).toThrow(/secretsmanager\.json.*npm stop -- --forget/);
    tidyKeptState(directory);
    expect(forgetKeptState(directory)).toBe(true);
    expect([existsSync(dirname(kept.services)), forgetKeptState(directory)]).toEqual([false, false]);
  });

  test("without its table is no start: the pictures of a service that was killed go", () => {
    mkdirSync(kept.objects, { recursive: true });
    expect(restoreKeptState(kept)).toBe(false);
    expect(existsSync(kept.objects)).toBe(false);
  });
});

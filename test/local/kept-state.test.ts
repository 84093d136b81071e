import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../bin/local/cloud.ts";
import { pacerOf } from "../../bin/local/furnish.ts";
import { freePort } from "../../bin/local/ports.ts";
import { localSettings } from "../../bin/local/settings.ts";
import { finishCalls } from "../../bin/local/under-way.ts";
import { ImageService } from "../../bin/sdk/client.ts";

const directory = mkdtempSync(join(tmpdir(), "image-service-kept-"));
let cloud: LocalCloud | undefined;
afterAll(async () => {
  await cloud?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What the service has painted or refused, newest first. */
async function promptsOf(service: ImageService): Promise<string[]> {
  const prompts: string[] = [];
  for await (const { input } of service.list()) prompts.push(input?.prompt ?? "");
  return prompts;
}

test("a service that was stopped goes on: same address, same key, its pictures, and new ones", {
  timeout: 600_000,
}, async () => {
  const port = await freePort();
  const environment = { PATH: process.env["PATH"], HOME: process.env["HOME"] };
  const start = () => startLocalCloud({ directory, environment, port, keepsState: true });
  cloud = await start();
  const { api_url: url, api_key: key } = cloud.stack;
  const service = new ImageService({ url, key });
  const fox = await service.paint({ prompt: "a fox" }, { intent: "fox" });
  const { picture } = cloud;
  expect(picture?.isKept).toBe(false);
  const begun = await Promise.all(
    ["hare", "heron", "newt"].map((intent) => service.create({ prompt: intent }, { intent })),
  );
  const heard: string[] = [];
  await finishCalls(cloud.stack, (text) => heard.push(text), new AbortController().signal);
  expect(heard.at(0)).toMatch(/being painted/);
  // As a key leaves it that the provider refuses.
  await pacerOf(cloud.stack, localSettings(environment).provider).pause("key");
  await cloud.stop();

  cloud = await start();

  expect(cloud.picture).toEqual({ ...picture, isKept: true });
  expect(await promptsOf(service)).toHaveLength(5);
  for (const { generation } of begun) expect((await service.wait(generation.id)).image).not.toBeNull();
  expect([cloud.stack.api_url, cloud.stack.api_key]).toEqual([url, key]);
  expect((await service.paint({ prompt: "a fox" }, { intent: "fox" })).id).toBe(fox.id);
  expect(await service.download(fox.id)).toHaveLength(fox.image.bytes);
  const owl = await service.paint({ prompt: "an owl" }, { intent: "owl" });
  expect(owl.image.sha256).not.toBe(fox.image.sha256);
});

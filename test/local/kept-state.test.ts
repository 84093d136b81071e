import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type LocalCloud, startLocalCloud } from "../../bin/local/cloud.ts";
import { freePort } from "../../bin/local/ports.ts";
import { ImageService } from "../../bin/sdk/client.ts";

const directory = mkdtempSync(join(tmpdir(), "image-service-kept-"));
let cloud: LocalCloud | undefined;
afterAll(async () => {
  await cloud?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("a service that was stopped goes on: same address, same key, its pictures, and new ones", {
  timeout: 600_000,
}, async () => {
  const port = await freePort();
  const environment = { PATH: process.env["PATH"], HOME: process.env["HOME"] };
  const start = () =>
    startLocalCloud({ directory, environment, port, paintFirstPicture: false, keepsState: true });
  cloud = await start();
  const { api_url: url, api_key: key } = cloud.stack;
  const service = new ImageService({ url, key });
  const fox = await service.paint({ prompt: "a fox" }, { intent: "fox" });
  await cloud.stop();

  cloud = await start();

  expect([cloud.stack.api_url, cloud.stack.api_key]).toEqual([url, key]);
  expect((await service.paint({ prompt: "a fox" }, { intent: "fox" })).id).toBe(fox.id);
  expect(await service.download(fox.id)).toHaveLength(fox.image.bytes);
  const owl = await service.paint({ prompt: "an owl" }, { intent: "owl" });
  expect(owl.image.sha256).not.toBe(fox.image.sha256);
});

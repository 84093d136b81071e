import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localStack } from "../../../bin/client/connection.ts";
import { writeStackFile } from "../../../bin/local/stack-file.ts";
import { stackFile } from "../../support/stack-file.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "local-stack-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test("a local service that was never started is told to be started", async () => {
  await expect(localStack(directory)).rejects.toThrow("start it with npm start");
});

test("a local service whose emulator has died is not taken for one that runs", async () => {
  // As the front proxy answers where the emulator behind it is gone.
  const proxy = createServer((_, answer) => answer.writeHead(502).end()).listen(0, "127.0.0.1");
  await new Promise((listening) => proxy.once("listening", listening));
  const { port } = proxy.address() as AddressInfo;
  writeStackFile(directory, { ...stackFile, aws_endpoint: `http://127.0.0.1:${port}` });
  const refusal = { message: expect.stringContaining("npm start replaces what is left"), exitCode: 3 };
  try {
    await expect(localStack(directory)).rejects.toMatchObject(refusal);
  } finally {
    proxy.close();
  }
  await expect(localStack(directory)).rejects.toMatchObject(refusal);
});

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { fetchOf } from "../support/fetch-of.ts";
import { apiUnderTest } from "../support/in-memory-api.ts";
import { miniflare } from "./workerd/installation.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The README's Worker, as wrangler bundles it. */
async function workerOfReadme(): Promise<string> {
  const [, contents = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  const { outputFiles } = await build({
    stdin: { contents, loader: "ts", resolveDir: root },
    alias: { "addreams-image-service-client": join(root, "bin/sdk/client.ts") },
    bundle: true,
    format: "esm",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

test("the README's Worker runs in Cloudflare's own runtime: through a gateway's faults, paid once", async () => {
  const { Miniflare, Response: WorkerResponse } = createRequire(join(miniflare, "package.json"))("miniflare");
  const api = apiUnderTest();
  const carryOut = fetchOf(api);
  const keys: (string | null)[] = [];
  const worker = new Miniflare({
    modules: true,
    script: await workerOfReadme(),
    compatibilityDate: "2026-04-01",
    bindings: { IMAGE_SERVICE_URL: "https://api.example/v1", IMAGE_SERVICE_KEY: "aik_1" },
    async outboundService(request: Request) {
      const { method, url, headers } = request;
      if (method === "POST") keys.push(headers.get("idempotency-key"));
      if (keys.length === 1) return new WorkerResponse("<html>", { status: 502 });
      const [id] = [...api.generations.records.keys()];
      if (method === "GET" && id !== undefined) await api.succeed(id);
      const body = method === "POST" ? { body: await request.text() } : {};
      const answer = await carryOut(url, { method, headers: new Headers([...headers]), ...body });
      return new WorkerResponse(await answer.text(), {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
      });
    },
  });
  try {
    const order = () => worker.dispatchFetch("https://shop.example/?order=7", { redirect: "manual" });
    const [first, second] = [await order(), await order()];
    expect([first.status, second.status, api.generations.records.size]).toEqual([302, 302, 1]);
    expect(first.headers.get("location")).toMatch(/^https:\/\/bucket\.example\/generations\/gen_/);
    expect(keys).toEqual(["order-7", "order-7", "order-7"]);
  } finally {
    await worker.dispose();
  }
});

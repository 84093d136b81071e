import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import openapiTS, { astToString } from "openapi-typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchOf } from "../../support/fetch-of.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const scratch = join(root, "node_modules", ".cache", `client-${process.pid}`);

/** A client as its user writes it: the stack's address, as it is, and the types of the document. */
const CLIENT = `
import createClient from "openapi-fetch";
import type { components, paths } from "./image-service";

type Image = components["schemas"]["GenerationImage"];

export async function paint(baseUrl: string, send: (request: Request) => Promise<Response>): Promise<string> {
  const client = createClient<paths>({ baseUrl, fetch: send });
  const made = await client.POST("/generations", { body: { prompt: "a fox" } });
  if (made.error) throw new Error(made.error.code);
  const read = await client.GET("/generations/{id}", { params: { path: { id: made.data.id } } });
  const image: Image | null | undefined = read.data?.image;
  const history = await client.GET("/generations/{id}/history", { params: { path: { id: made.data.id } } });
  return [image?.sha256, history.data?.data[0]?.event].join(" ");
}
`;

describe("a client made from the document", () => {
  beforeAll(async () => {
    mkdirSync(scratch, { recursive: true });
    const types = await openapiTS(new URL("../../../docs/openapi.json", import.meta.url));
    writeFileSync(join(scratch, "image-service.d.ts"), astToString(types));
    writeFileSync(join(scratch, "client.ts"), CLIENT);
  }, 60_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  test("compiles with only what a request needs", { timeout: 60_000 }, () => {
    const options =
      "--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --skipLibCheck --types node";
    const compile = () =>
      execFileSync(join(root, "node_modules/.bin/tsc"), [...options.split(" "), join(scratch, "client.ts")], {
        cwd: root,
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(compile()).toBe("");
  });

  test("works at the stack's own address", async () => {
    const { code } = await transform(CLIENT, { loader: "ts", format: "esm" });
    writeFileSync(join(scratch, "client.mjs"), code);
    const { paint } = await import(join(scratch, "client.mjs"));
    const api = apiUnderTest();
    api.meanwhile.push(() => api.succeed([...api.generations.records.keys()][0] ?? ""));
    const carryOut = fetchOf(api);
    const send = async (request: Request) => {
      const { method, headers } = request;
      const body = await request.text();
      return carryOut(request.url, { method, headers, ...(body !== "" && { body }) });
    };
    const { servers } = (await api.send({ path: "/openapi.json", owner: null })).body;
    expect(await paint(servers[0].url, send)).toBe(`${"ab".repeat(32)} accepted`);
  });
});

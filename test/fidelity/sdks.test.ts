import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import createClient from "openapi-fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "../../bin/local/processes.ts";
import { offer } from "../support/generations.ts";
import { log } from "./installations.ts";
import { openAiNode, pythonSdk, vercelAi } from "./sdks/installations.ts";
import { reportOf, type Service, scriptNamed, startService } from "./sdks/service.ts";

/** The sizes that the model paints for those that the scripts ask for. */
const DEFAULT = [1664, 928];
const SQUARE = [1328, 1328];
const UPRIGHT = [928, 1664];

let service: Service;
beforeAll(async () => {
  service = await startService();
}, 400_000);
afterAll(() => service?.stop(), 60_000);

async function python(name: Parameters<typeof pythonSdk>[0], script: string, ...parameters: string[]) {
  const { python: command, packages } = await pythonSdk(name);
  return reportOf({ command, packages, arguments: [scriptNamed(script), ...parameters] }, service);
}

/** What the provider was asked for a prompt, without what every call has. */
async function askedFor(prompt: string) {
  const calls = await service.simulator.calls(prompt);
  return calls.map(({ parameters }) => [parameters?.size, parameters?.negative_prompt]);
}

async function seedsOf(prompt: string) {
  const calls = await service.simulator.calls(prompt);
  return calls.map(({ parameters }) => parameters?.seed);
}

describe("unmodified, at the deployed service's OpenAI door", { timeout: 180_000 }, () => {
  test("OpenAI's SDK for Python paints, by address and inline, in its own size and with our fields", async () => {
    const { report, prompt } = await python("openai", "openai_sdk.py");
    expect(report).toEqual({
      plain: DEFAULT,
      inline: DEFAULT,
      usual: SQUARE,
      told: "1328x1328",
      marked: "trainedAlgorithmicMedia",
      models: offer.models.map(({ id }) => id),
      model: "qwen-image-max",
      refusals: [
        ["UnprocessableEntityError", "invalid_request", "model"],
        ["UnprocessableEntityError", "invalid_request", "n"],
        ["UnprocessableEntityError", "invalid_request", "size"],
      ],
    });
    expect(await askedFor(prompt)).toEqual([
      ["1664*928", ""],
      ["1664*928", ""],
      ["1328*1328", "blur"],
    ]);
    expect((await seedsOf(prompt))[2]).toBe(7);
  });

  test("OpenAI's SDK for Node.js paints, by address and inline, in its own size and with our fields", async () => {
    const { report, prompt } = await reportOf(
      { command: process.execPath, arguments: [join(openAiNode, "main.mjs")] },
      service,
    );
    expect(report).toEqual({
      plain: DEFAULT,
      inline: DEFAULT,
      usual: SQUARE,
      told: "1328x1328",
      models: offer.models.map(({ id }) => id),
      refusals: [
        ["Error", 422, "invalid_request", "model"],
        ["Error", 422, "invalid_request", "size"],
      ],
    });
    expect(await askedFor(prompt)).toEqual([
      ["1664*928", ""],
      ["1664*928", ""],
      ["1328*1328", "blur"],
    ]);
    expect((await seedsOf(prompt))[2]).toBe(7);
  });

  test("Vercel's ai paints by both of its providers, several at once too", async () => {
    const { report, prompt } = await reportOf(
      { command: process.execPath, arguments: [join(vercelAi, "main.mjs")] },
      service,
    );
    expect(report).toEqual({
      openai: SQUARE,
      compatible: SQUARE,
      told: "1328x1328",
      two: 2,
      refusal: ["AI_APICallError", 422, expect.stringContaining("dall-e-3 is not offered here")],
    });
    expect(await askedFor(prompt)).toEqual([
      ["1328*1328", ""],
      ["1328*1328", "blur"],
      ["1664*928", ""],
      ["1664*928", ""],
    ]);
  });

  test("LiteLLM paints by both of its prefixes", async () => {
    const { report, prompt } = await python("litellm", "litellm_sdk.py");
    expect(report).toEqual({
      plain: DEFAULT,
      usual: SQUARE,
      proxy: UPRIGHT,
      refusals: [[expect.any(String), 422]],
    });
    expect(await askedFor(prompt)).toEqual([
      ["1664*928", ""],
      ["1328*1328", "blur"],
      ["928*1664", ""],
    ]);
  });

  test("LangChain's image tool paints with its defaults", async () => {
    const { report } = await python("langchain", "langchain_sdk.py");
    expect(report).toEqual({ size: "1024x1024", usual: SQUARE });
  });
});

describe("made from the served document, at the address that the stack tells", { timeout: 180_000 }, () => {
  test("openapi-fetch creates and reads", async () => {
    const { api_url: baseUrl, api_key: key } = service.stack;
    // biome-ignore lint/suspicious/noExplicitAny: its types are test/unit/http/generated-client.test.ts's matter
    const client = createClient<any>({ baseUrl, headers: { authorization: `Bearer ${key}` } });
    const made = await client.POST("/generations", { body: { prompt: "a quiet harbour" } });
    expect([made.error, made.response.status]).toEqual([undefined, 201]);
    const read = await client.GET("/generations/{id}", { params: { path: { id: made.data.id } } });
    expect(read.data).toMatchObject({ id: made.data.id, status: "succeeded" });
    const usage = await client.GET("/usage", {});
    expect(usage.data).toMatchObject({ object: "usage", currency: "USD" });
  });

  test("openapi-python-client creates, reads and is refused", async () => {
    const directory = mkdtempSync(join(tmpdir(), "image-service-client-"));
    try {
      const document = await (await fetch(`${service.stack.api_url}/openapi.json`)).text();
      writeFileSync(join(directory, "openapi.json"), document);
      writeFileSync(join(directory, "config.yml"), "package_name_override: image_service_client\n");
      const { python: command, packages } = await pythonSdk("openapi-python-client");
      await runProgram(
        {
          name: "openapi-python-client",
          command,
          arguments: [
            "-m",
            "openapi_python_client",
            "generate",
            "--meta",
            "none",
            "--path",
            "openapi.json",
            "--config",
            "config.yml",
            "--output-path",
            "image_service_client",
          ],
          variables: { ...process.env, ...(packages !== null && { PYTHONPATH: packages }) },
          directory,
          log,
        },
        new AbortController().signal,
      );
      const { report } = await python("openapi-python-client", "generated_client.py", directory);
      expect(report).toEqual({
        status: "succeeded",
        usual: DEFAULT,
        refused: ["Problem", "invalid_request"],
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

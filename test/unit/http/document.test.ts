import { readFile } from "node:fs/promises";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { schemaTypes } from "../../../bin/schema-types.ts";
import { routesOf } from "../../../lambdas/handlers/routes.ts";
import { documentOf } from "../../../lambdas/http/document.ts";
import { EXAMPLES } from "../../../lambdas/http/examples.ts";
import { PROBLEMS } from "../../../lambdas/platform/problem-table.ts";
import { offerOf } from "../../../lambdas/providers/registry.ts";
import { offer } from "../../support/generations.ts";
import { apiUnderTest } from "../../support/in-memory-api.ts";

const committed = JSON.parse(await readFile(new URL("../../../docs/openapi.json", import.meta.url), "utf8"));
const routes = routesOf(offer);
/** As the document has a path: the stage is in its server's address. */
const written = (path: string) => path.slice("/v1".length);

describe("the OpenAPI document", () => {
  test("is committed as the routes stand, in both regions (node bin/openapi.ts writes it)", () => {
    for (const region of ["sg", "bj"])
      expect(
        JSON.parse(JSON.stringify(documentOf(routesOf(offerOf({ name: "dashscope", region }))))),
      ).toEqual(committed);
  });

  test("has given the client its types", async () => {
    const types = await readFile(new URL("../../../bin/sdk/schemas.ts", import.meta.url), "utf8");
    expect(types).toBe(await schemaTypes(committed));
  });

  test("is served as it is committed", async () => {
    const answer = await apiUnderTest().send({ path: "/openapi.json", owner: null });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "application/json"]);
    expect(answer.body).toEqual({ ...committed, servers: [{ url: "https://api.example/v1" }] });
  });

  test("says of a request's fields in words what they are when absent, so that generated types let them be", () => {
    const { CreateGeneration } = committed.components.schemas;
    expect(CreateGeneration.required).toEqual(["prompt"]);
    expect(JSON.stringify(CreateGeneration)).not.toContain('"default"');
    expect(CreateGeneration.properties.watermark.description).toContain("`false`");
  });

  test("names every object, so that generated types have names too", () => {
    expect(anonymousIn(committed)).toEqual([]);
  });

  test("has no fault that Redocly's linter knows", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const problems = await lintFromString({ source: JSON.stringify(committed), config });
    const errors = problems.filter(({ severity }) => severity === "error");
    expect(errors.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  test("has the contract's paths and methods, no more and no fewer", () => {
    const operations = Object.entries<object>(committed.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(routes.map(({ method, path }) => `${method} ${written(path)}`).sort());
  });

  test("names every operation once, and every problem code somewhere", () => {
    const ids = routes.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const text = JSON.stringify(committed);
    for (const code of Object.keys(PROBLEMS)) expect(text).toContain(`\`${code}\``);
  });

  test("has an example of each problem that an operation says it may answer", () => {
    for (const { path, method, problems } of routes.filter((route) => route.method !== "HEAD")) {
      const { responses } = committed.paths[written(path)][method.toLowerCase()];
      for (const code of problems) {
        const { content } = responses[PROBLEMS[code].status];
        expect(content["application/problem+json"].examples[code]).toEqual({
          $ref: `#/components/examples/${code}`,
        });
        expect(committed.components.examples[code].value.code).toBe(code);
      }
    }
  });

  test("shows every example: each belongs to an operation and to an answer of it", () => {
    for (const [id, { body, ...answers }] of Object.entries(EXAMPLES)) {
      const operation = routes.find(({ operationId }) => operationId === id);
      expect(operation, id).toBeDefined();
      expect(Object.keys(operation?.answers ?? {}), id).toEqual(expect.arrayContaining(Object.keys(answers)));
      expect(body === undefined || operation?.body !== null, id).toBe(true);
    }
  });

  test("has examples that fit their schemas", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: "document", components: committed.components });
    const rebased = (schema: object) =>
      JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components'));
    for (const { content } of contentsOf(committed.paths)) {
      for (const media of Object.values<{ schema: object; examples?: Record<string, { value?: unknown }> }>(
        content,
      )) {
        const validate = ajv.compile(rebased(media.schema));
        for (const [name, { value = committed.components.examples[name].value }] of Object.entries(
          media.examples ?? {},
        ))
          expect([validate(value), validate.errors]).toEqual([true, null]);
      }
    }
  });

  test("asks for a key everywhere but where it is read without one", () => {
    for (const { path, method, open } of routes)
      expect(committed.paths[written(path)][method.toLowerCase()].security).toEqual(open ? [] : undefined);
    expect(
      routes
        .filter(({ open }) => open)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["/v1/console", "/v1/docs", "/v1/health", "/v1/openapi.json", "/v1/problems/{name}"]);
  });
});

/** Where the schema of an object has no name of its own. */
function anonymousIn(document: { paths: object; components: { schemas: object } }): string[] {
  const found: string[] = [];
  const look = (node: unknown, path: string, named: boolean): void => {
    if (typeof node !== "object" || node === null) return;
    if (!named && "properties" in node) found.push(path);
    for (const [key, value] of Object.entries(node))
      if (!["requestBody", "parameters", "examples"].includes(key)) look(value, `${path}/${key}`, false);
  };
  look(document.paths, "paths", false);
  for (const [name, schema] of Object.entries(document.components.schemas)) look(schema, name, true);
  return found;
}

interface Contents {
  readonly content: Record<string, { schema: object; examples?: Record<string, { value?: unknown }> }>;
}

function contentsOf(node: unknown): Contents[] {
  if (typeof node !== "object" || node === null) return [];
  const here = "content" in node ? [node as Contents] : [];
  return [...here, ...Object.values(node).flatMap(contentsOf)];
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bundled } from "./bundled.ts";
import { functionsOf, synthesised } from "./synthesised.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const functions = functionsOf(synthesised("prod"));

/** The variables that a file reads. */
function asked(path: string, readers = "required|requiredNumber|optional|list"): string[] {
  const calls = new RegExp(`\\b(?:${readers})\\("([A-Z_]+)"\\)`, "g");
  return [...readFileSync(root + path, "utf8").matchAll(calls)].map(([, variable = ""]) => variable);
}

describe.each(Object.keys(functions).map((name) => ({ name })))("the function $name", async ({ name }) => {
  const entry = existsSync(`${root}lambdas/handlers/${name}.ts`);
  const bundle = entry ? await bundled(name) : null;

  it("is bundled into less than 2 MB", () => {
    expect(bundle?.bytes).toBeLessThan(2_000_000);
  });

  const ours = (bundle?.inputs ?? []).filter((path) => path.startsWith("lambdas/"));
  const Variables: Record<string, unknown> = functions[name]?.["Environment"].Variables;

  it("is given every setting that its code asks for", () => {
    for (const variable of ours.flatMap((path) => asked(path, "required|requiredNumber"))) {
      expect(Object.keys(Variables)).toContain(variable);
      expect(Variables[variable]).not.toBe("");
    }
  });

  it("is told of no resource that its code does not ask for", () => {
    const known = new Set(ours.flatMap((path) => asked(path)));
    for (const [variable, value] of Object.entries(Variables))
      if (typeof value !== "string") expect([...known]).toContain(variable);
  });
});

describe("the settings", () => {
  it("are each read by some function", () => {
    const files = readdirSync(`${root}lambdas`, { recursive: true, encoding: "utf8" });
    const known = new Set(
      files.filter((file) => file.endsWith(".ts")).flatMap((file) => asked(`lambdas/${file}`)),
    );
    // Read by Node and by Powertools.
    const theirs = /^(NODE_OPTIONS|POWERTOOLS_.+)$/;
    for (const { Environment } of Object.values(functions))
      for (const variable of Object.keys(Environment.Variables))
        if (!theirs.test(variable)) expect([...known]).toContain(variable);
  });
});

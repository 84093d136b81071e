import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { environmentNamed, environmentNames } from "../../lib/config.ts";
import type { Environment } from "../../lib/environment-schema.ts";
import { synthesise } from "../stack/synthesised.ts";
import { cfnLint } from "./installations.ts";

/** What cfn-lint may say, and why it is so. Anything else it says is a fault. */
const KNOWN: readonly { readonly rule: string; readonly reason: string }[] = [
  {
    rule: "W3005",
    reason:
      "The CDK lets a function wait for its role's policy, though it names the role itself: it does no harm.",
  },
];

const prod = environmentNamed("prod", {});
const environments: [string, Environment][] = [
  ...environmentNames.map((name): [string, Environment] => [name, environmentNamed(name, {})]),
  ["prod with IAM", { ...prod, authentication: "iam" }],
  ["prod with an allowlist", { ...prod, egress: { mode: "allowlist" } }],
  [
    "prod with a budget and mails",
    { ...prod, budget: { ownerMonthly: "7.50" }, alarmEmails: ["ops@example.com"] },
  ],
];

const findingSchema = z.object({
  Rule: z.object({ Id: z.string() }),
  Level: z.string(),
  Message: z.string(),
  Filename: z.string(),
  Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
});

/** Half a minute on an idle machine, for all of them. */
const LINT_MS = 400_000;

const folder = mkdtempSync(join(tmpdir(), "templates-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  "Amazon's linter finds nothing in any environment's template but what is known",
  async () => {
    for (const [name, environment] of environments) {
      const template = JSON.stringify(synthesise(environment).template.toJSON());
      writeFileSync(join(folder, `${name.replaceAll(" ", "-")}.json`), template);
    }
    const findings = await lint(folder);
    const told = findings.map(
      ({ Rule, Filename, Location, Message }) =>
        `${Rule.Id} ${Filename.slice(folder.length + 1)} ${(Location.Path ?? []).join("/")}: ${Message}`,
    );
    expect(told.filter((each) => !KNOWN.some(({ rule }) => each.startsWith(`${rule} `)))).toEqual([]);
    for (const { rule } of KNOWN) expect(told.some((each) => each.startsWith(`${rule} `))).toBe(true);
  },
  LINT_MS,
);

test("it would find something: a property that there is none of", async () => {
  const wrong = { Resources: { Table: { Type: "AWS::SQS::Queue", Properties: { Colour: "red" } } } };
  const place = mkdtempSync(join(folder, "wrong-"));
  writeFileSync(join(place, "wrong.json"), JSON.stringify(wrong));
  expect((await lint(place)).map(({ Level }) => Level)).toEqual(["Error"]);
});

/** Every error and warning of the rules that are on by default. */
async function lint(directory: string): Promise<z.infer<typeof findingSchema>[]> {
  const { python, packages } = await cfnLint();
  const parameters = [
    "-c",
    "from cfnlint.runner import main; main()",
    "--format",
    "json",
    "--regions",
    "us-east-1",
  ];
  const env = { ...process.env, ...(packages !== null && { PYTHONPATH: packages }) };
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      python,
      [...parameters, "--template", join(directory, "*.json")],
      { env, maxBuffer: 64 * 1024 * 1024 },
      // It ends with the findings' levels as bits; without an output it has failed.
      (error, stdout, stderr) => (stdout === "" ? reject(error ?? new Error(stderr)) : resolve(stdout)),
    );
  });
  return z.array(findingSchema).parse(JSON.parse(output));
}

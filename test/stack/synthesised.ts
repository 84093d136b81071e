import { readFileSync } from "node:fs";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";
import * as z from "zod";
import { environmentNamed, environmentNames } from "../../lib/config.ts";
import type { Environment, EnvironmentName } from "../../lib/environment-schema.ts";
import { ImageServiceStack } from "../../lib/image-service-stack.ts";

// The template's own validation is the CLI's, at deployment; it would cost every test file a second and more.
process.env["CDK_VALIDATION"] = "false";

const { context } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(new URL("../../cdk.json", import.meta.url), "utf8")));

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.any()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  DependsOn: z.array(z.string()).default([]),
});
export type Resource = z.infer<typeof resourceSchema>;

/** One environment's stack, synthesised with the settings of cdk.json and without bundling the functions. */
export interface Synthesised {
  readonly environment: Environment;
  readonly stack: ImageServiceStack;
  readonly template: Template;
  readonly resources: Readonly<Record<string, Resource>>;
  /** What cdk-nag still finds. */
  readonly findings: readonly string[];
}

/** Synthesises any environment. */
export function synthesise(environment: Environment): Synthesised {
  const app = new App({ context: { ...context, "aws:cdk:bundling-stacks": [] } });
  const stack = new ImageServiceStack(app, environment);
  const template = Template.fromStack(stack);
  return {
    environment,
    stack,
    template,
    resources: z.record(z.string(), resourceSchema).parse(template.toJSON()["Resources"]),
    findings: findingsOf(app),
  };
}

/** What cdk-nag finds in an app now, each as `RULE PATH`. */
export function findingsOf(app: IConstruct): string[] {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
  );
}

const made = new Map<EnvironmentName, Synthesised>();

/** An environment of the table, synthesised once per test file. */
export function synthesised(name: EnvironmentName): Synthesised {
  const stack = made.get(name) ?? synthesise(environmentNamed(name, {}));
  made.set(name, stack);
  return stack;
}

/** Every environment of the table. */
export const everyEnvironment = environmentNames.map((name) => ({ name }));

/** The resources of one type, with their logical ids. */
export function resourcesOf({ resources }: Synthesised, type: string): [string, Resource][] {
  return Object.entries(resources).filter(([, resource]) => resource.Type === type);
}

/** The one resource of a type whose logical id starts so. */
export function resourceNamed(stack: Synthesised, type: string, prefix: string): [string, Resource] {
  const found = resourcesOf(stack, type).filter(([id]) => id.startsWith(prefix));
  if (found.length !== 1) throw new Error(`${found.length} resources ${type} start with ${prefix}`);
  return found[0]!;
}

/** The properties of the one resource of a type. */
export function onlyResource(stack: Synthesised, type: string): Resource["Properties"] {
  return resourceNamed(stack, type, "")[1].Properties;
}

/** The functions, by their short names. */
export function functionsOf(stack: Synthesised): Record<string, Resource["Properties"]> {
  // The one without a name is the CDK's own, which empties a bucket before it is deleted.
  const ours = resourcesOf(stack, "AWS::Lambda::Function").filter(
    ([, { Properties }]) => "FunctionName" in Properties,
  );
  return Object.fromEntries(
    ours.map(([, { Properties }]) => [
      String(Properties["FunctionName"]).replace(/^image-service-[a-z]+-/, ""),
      Properties,
    ]),
  );
}

const listed = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.object({
  Effect: z.enum(["Allow", "Deny"]),
  Action: listed,
  Resource: z.unknown().transform((resource) => (Array.isArray(resource) ? resource : [resource])),
});
export type Statement = z.infer<typeof statementSchema>;

/** What the role of a function may do. */
export function statementsOf(stack: Synthesised, name: string): Statement[] {
  const construct = name.charAt(0).toUpperCase() + name.slice(1);
  return resourcesOf(stack, "AWS::IAM::Policy")
    .filter(([id]) => id.startsWith(`Functions${construct}Role`))
    .flatMap(([, { Properties }]) => z.array(statementSchema).parse(Properties["PolicyDocument"].Statement));
}

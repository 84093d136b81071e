import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { App } from "aws-cdk-lib";
import { inject } from "vitest";
import * as z from "zod";
import { environmentNamed } from "../../../lib/config.ts";
import { ImageServiceStack } from "../../../lib/image-service-stack.ts";
import { runtimeClient } from "../installations.ts";
import { type Outcome, startRuntimeApi } from "./runtime-api.ts";

/** A function as it is shipped: its bundle's folder, and its variables with names for what only AWS knows. */
interface Shipped {
  readonly name: string;
  readonly bundle: string;
  readonly handler: string;
  readonly variables: Readonly<Record<string, string>>;
}

const resourceSchema = z.object({
  Type: z.literal("AWS::Lambda::Function"),
  Metadata: z.object({ "aws:asset:path": z.string() }),
  Properties: z.object({
    FunctionName: z.string(),
    Handler: z.string(),
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  }),
});

const cdkSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/** Synthesises an environment as the CDK's command does, bundles included. */
export function shipped(outdir: string): Shipped[] {
  const { context } = cdkSchema.parse(JSON.parse(readFileSync("cdk.json", "utf8")));
  // The setting that makes the CDK write each function's bundle path into the template.
  const app = new App({ outdir, context: { ...context, "aws:cdk:enable-asset-metadata": true } });
  const stack = new ImageServiceStack(app, environmentNamed("prod", {}));
  const { template } = app.synth().getStackByName(stack.stackName);
  return Object.values(z.object({ Resources: z.record(z.string(), z.unknown()) }).parse(template).Resources)
    .flatMap((resource) => resourceSchema.safeParse(resource).data ?? [])
    .map(({ Metadata, Properties }) => ({
      name: Properties.FunctionName.replace(/^image-service-prod-/, ""),
      bundle: join(outdir, Metadata["aws:asset:path"]),
      handler: Properties.Handler,
      variables: Object.fromEntries(
        Object.entries(Properties.Environment.Variables).map(([name, value]) => [
          name,
          typeof value === "string" ? value : `fidelity-${name.toLowerCase()}`,
        ]),
      ),
    }));
}

/** A function that runs under Amazon's runtime client. */
export interface Running {
  readonly invoke: (event: unknown) => Promise<Outcome>;
  /** All that it has written to its log. */
  readonly log: () => string;
  readonly stop: () => void;
}

/** Starts a function; fails where it ends before it asks for its first event. DynamoDB is Amazon's local one. */
export async function run({ name, bundle, handler, variables }: Shipped, further = {}): Promise<Running> {
  const api = await startRuntimeApi();
  const native = fileURLToPath(new URL("native-client.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", native, runtimeClient], {
    cwd: bundle,
    env: {
      PATH: process.env["PATH"],
      ...variables,
      AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: "true",
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: bundle,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512",
      AWS_LAMBDA_LOG_GROUP_NAME: "group",
      AWS_LAMBDA_LOG_STREAM_NAME: "stream",
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "fidelity",
      AWS_SECRET_ACCESS_KEY: "fidelity",
      // Nobody listens there: whatever else of AWS a function asks for is away.
      AWS_ENDPOINT_URL: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_DYNAMODB: inject("dynamoDb"),
      ...further,
    },
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text) => (log += text));
  const stop = () => {
    child.kill("SIGKILL");
    api.close();
  };
  try {
    await Promise.race([api.ready, death(child, () => log)]);
  } catch (error) {
    stop();
    throw error;
  }
  return {
    invoke: (event) => Promise.race([api.invoke(event), death(child, () => log)]),
    log: () => log,
    stop,
  };
}

function death(child: ChildProcess, log: () => string): Promise<never> {
  return new Promise((_, reject) =>
    child.once("exit", () => reject(new Error(`the function ended: ${log()}`))),
  );
}

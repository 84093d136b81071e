import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { environmentNamed } from "../lib/config.ts";
import { ImageServiceStack } from "../lib/image-service-stack.ts";

const app = new App();
try {
  const environment = environmentNamed(app.node.tryGetContext("env"));
  new ImageServiceStack(app, environment);
  // The stack tests check every environment; on this machine the seconds count for more.
  if (environment.name !== "local") Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  // A stack trace would bury the one sentence that the operator needs.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

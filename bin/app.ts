import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { AccountStack } from "../lib/account-stack.ts";
import { environmentNamed, environmentNames } from "../lib/config.ts";
import { ImageServiceStack } from "../lib/image-service-stack.ts";

const app = new App();
try {
  const named: unknown = app.node.tryGetContext("env");
  // Without a name there are all that can be deployed: `cdk bootstrap` and `cdk ls` need no choice, and `cdk deploy`
  // refuses with the list of stacks.
  const names = named === undefined ? environmentNames.filter((name) => name !== "local") : [named];
  for (const name of names) new ImageServiceStack(app, environmentNamed(name));
  if (named === undefined) new AccountStack(app);
  // The stack tests check every environment; on this machine the seconds count for more.
  if (named !== "local") Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  // A stack trace would bury the one sentence that the operator needs.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

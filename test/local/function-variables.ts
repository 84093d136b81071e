import {
  GetFunctionConfigurationCommand,
  type LambdaClient,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import type { EnvironmentVariable } from "../../lambdas/platform/environment.ts";

/** Changes variables of a deployed function, as an operator does; answers what they were. */
export async function changeVariables(
  client: LambdaClient,
  functionName: string,
  changes: Readonly<Partial<Record<EnvironmentVariable, string>>>,
): Promise<Record<string, string>> {
  const { Environment } = await client.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName }),
  );
  const before = Environment?.Variables ?? {};
  await client.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: functionName,
      Environment: { Variables: Object.fromEntries(Object.entries({ ...before, ...changes })) },
    }),
  );
  return before;
}

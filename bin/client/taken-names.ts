import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Template } from "../../lib/data-guard.ts";

/**
 * The secrets of a template that are there already: a stack that was destroyed keeps them, and another cannot be
 * created over them.
 */
export async function takenSecrets({ Resources }: Template): Promise<string[]> {
  const client = new SecretsManagerClient({});
  const names = Object.values(Resources).flatMap(({ Type, Properties }) =>
    Type === "AWS::SecretsManager::Secret" ? [String(Properties["Name"])] : [],
  );
  const taken = await Promise.all(
    names.map((SecretId) =>
      client.send(new DescribeSecretCommand({ SecretId })).then(
        () => true,
        (error: Error) => {
          if (error.name === "ResourceNotFoundException") return false;
          throw error;
        },
      ),
    ),
  );
  return names.filter((_, index) => taken[index]);
}

import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { expect, test } from "vitest";
import { takenSecrets } from "../../../bin/client/taken-names.ts";

const secrets = mockClient(SecretsManagerClient);
const named = (Name: string) => ({ Type: "AWS::SecretsManager::Secret", Properties: { Name } });
const template = {
  Resources: { Sg: named("a/sg"), Bj: named("a/bj"), Queue: { Type: "AWS::SQS::Queue", Properties: {} } },
};

test("the secrets that an earlier stack has left are found, one that waits for its deletion too", async () => {
  secrets.on(DescribeSecretCommand).resolves({ DeletedDate: new Date() });
  secrets
    .on(DescribeSecretCommand, { SecretId: "a/sg" })
    .rejects(Object.assign(new Error(), { name: "ResourceNotFoundException" }));
  expect(await takenSecrets(template)).toEqual(["a/bj"]);
});

test("a secret that may not be looked at is not taken for a free name", async () => {
  secrets.on(DescribeSecretCommand).rejects(Object.assign(new Error(), { name: "AccessDeniedException" }));
  await expect(takenSecrets(template)).rejects.toThrow(
    expect.objectContaining({ name: "AccessDeniedException" }),
  );
});

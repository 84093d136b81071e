import { CfnOutput, Stack, Validations } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { providerNamed } from "../lambdas/providers/registry.ts";
import type { Environment } from "./environment-schema.ts";
import { removalPolicyOf } from "./removal-policy.ts";
import type { ServiceFunction } from "./service-function.ts";

/**
 * Where the operator puts the provider's keys, one secret per region, with
 * `aws secretsmanager put-secret-value --secret-id image-service/prod/dashscope/sg --secret-string sk-…`.
 * A key never meets the wrong address: the worker may read its region's secret alone. The other regions' stay, so that
 * an environment can move there and back and finds its keys.
 */
export class ProviderKey extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { name, region } = environment.provider;
    const others = Object.keys(providerNamed(name)?.regions ?? {}).filter((other) => other !== region);
    this.secret = this.secretOf(environment, region);
    for (const other of others) this.secretOf(environment, other);
    new CfnOutput(Stack.of(this), "SecretArn", { value: this.secret.secretArn });
  }

  grantRead(target: ServiceFunction): void {
    target.set("PROVIDER_KEY_SECRET_ARN", this.secret.secretArn);
    target.allow(["secretsmanager:GetSecretValue"], [this.secret.secretArn]);
  }

  private secretOf(environment: Environment, region: string): Secret {
    const { name } = environment.provider;
    const place = `${name}/${region}`;
    // The first of them has kept the id of the time when there was one.
    const secret = new Secret(this, place === "dashscope/sg" ? "Secret" : `Secret-${name}-${region}`, {
      secretName: `image-service/${environment.name}/${place}`,
      description: `API key of ${name} for region ${region}; put by the operator, never by a deployment`,
      // A random placeholder, made once by Secrets Manager. Changing these options makes a new one, over the key.
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
      removalPolicy: removalPolicyOf(environment),
    });
    Validations.of(secret).acknowledge({
      id: "AwsSolutions-SMG4",
      reason:
        "The provider has no call that makes or revokes a key: rotation is the operator's put-secret-value, and the worker reads the new key within five minutes.",
    });
    return secret;
  }
}

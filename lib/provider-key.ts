import { CfnOutput, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";
import type { ServiceFunction } from "./service-function.ts";

/**
 * Where the operator puts the provider's key of one region, with
 * `aws secretsmanager put-secret-value --secret-id image-service/prod/dashscope/sg --secret-string sk-…`.
 * The region is in the name: another region is another secret, so a key never meets the wrong address.
 */
export class ProviderKey extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { name, region } = environment.provider;
    this.secret = new Secret(this, "Secret", {
      secretName: `image-service/${environment.name}/${name}/${region}`,
      description: `API key of ${name} for region ${region}; put by the operator, never by a deployment`,
      // A random placeholder, made once by Secrets Manager. Changing these options makes a new one, over the key.
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
      removalPolicy: environment.keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(this.secret).acknowledge({
      id: "AwsSolutions-SMG4",
      reason:
        "The provider has no call that makes or revokes a key: rotation is the operator's put-secret-value, and the worker reads the new key within five minutes.",
    });
    new CfnOutput(Stack.of(this), "SecretArn", { value: this.secret.secretArn });
  }

  grantRead(target: ServiceFunction): void {
    target.set("PROVIDER_KEY_SECRET_ARN", this.secret.secretArn);
    target.allow(["secretsmanager:GetSecretValue"], [this.secret.secretArn]);
  }
}

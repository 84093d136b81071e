import { RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { CfnAccount } from "aws-cdk-lib/aws-apigateway";
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/**
 * What an account has once per region, for every API in it, ours or not: the role with which API Gateway writes logs.
 * A stack of its own, so that no environment puts its role over another's. Deployed only where there is none yet.
 */
export class AccountStack extends Stack {
  constructor(scope: Construct) {
    super(scope, "image-service-account", {
      description: "Image service: the role with which API Gateway writes logs, one per account and region",
    });
    const role = new Role(this, "GatewayLogs", {
      assumedBy: new ServicePrincipal("apigateway.amazonaws.com"),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName("service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
      ],
    });
    const account = new CfnAccount(this, "Gateway", { cloudWatchRoleArn: role.roleArn });
    // Other APIs may log with it: it stays when this stack goes.
    role.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    account.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    Validations.of(role).acknowledge({
      id: "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
      reason: "The policy that AWS documents for API Gateway's logs, and keeps current.",
    });
  }
}

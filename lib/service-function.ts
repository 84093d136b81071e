import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AssetHashType, DockerImage, Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import {
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  Subnet,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import {
  type IGrantable,
  type IPrincipal,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  CfnFunction,
  Code,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { EnvironmentVariable } from "../lambdas/platform/environment.ts";
import type { Environment } from "./environment-schema.ts";

/** Settings of a function: only names that the functions know how to read. */
export type Settings = Partial<Record<EnvironmentVariable, string>>;

/** An existing network that a function is placed in. */
export interface Network {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
}

interface ServiceFunctionProps {
  /** The file in `lambdas/handlers/` that exports `handler`. */
  readonly name: string;
  readonly description: string;
  readonly environment: Environment;
  readonly settings: Settings;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly network?: Network | undefined;
  /** Runs at once that it has for itself, and no more. */
  readonly reservedConcurrency?: number | undefined;
  /** Files, from the project's folder, that travel beside the code and are read at run time. */
  readonly files?: readonly string[] | undefined;
  /** Whether it sends the pages for people, which are made for it. */
  readonly pages?: boolean | undefined;
}

/** The namespace of the metrics that the functions publish; their dimension `service` is the function's name. */
export const METRICS_NAMESPACE = "ImageService";

/**
 * The emulator keeps a process for each run at once, with a heap of its own. And it waits for a line of a run's log,
 * which Lambda itself would write: 50 ms where there is none, while it takes no other messages from its queues.
 */
const LOCAL_VARIABLES = {
  NODE_OPTIONS: "--max-semi-space-size=1",
  POWERTOOLS_LOG_LEVEL: "DEBUG",
};

const root = fileURLToPath(new URL("..", import.meta.url));

/** The one kind of function there is: Node 24 on arm64, bundled, with a log group and a role of its own. */
export class ServiceFunction extends Construct implements IGrantable {
  readonly function: LambdaFunction;
  readonly functionName: string;
  readonly role: Role;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { environment } = props;
    // Named, as a function cannot be told its generated name, and its metrics must not mix with another environment's.
    this.functionName = `image-service-${environment.name}-${props.name}`;

    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${this.functionName}`,
      retention: environment.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    this.grantPrincipal = this.role;
    logGroup.grantWrite(this.role);

    this.function = new LambdaFunction(this, "Function", {
      functionName: this.functionName,
      description: props.description,
      handler: "index.handler",
      code: bundled(props),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMegabytes,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      timeout: Duration.seconds(props.timeoutSeconds),
      tracing: Tracing.ACTIVE,
      role: this.role,
      logGroup,
      environment: {
        ...props.settings,
        ...(environment.name === "local" && LOCAL_VARIABLES),
        POWERTOOLS_SERVICE_NAME: this.functionName,
        POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
      },
      ...(props.network && this.placedIn(props.network)),
    });
    this.function.node.addDependency(logGroup);
    Validations.of(this.role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason:
        "X-Ray's PutTraceSegments and PutTelemetryRecords, DynamoDB's ListStreams and, in a network, Lambda's own network interfaces have no resource to name; a stack test allows no other action on *.",
    });
  }

  /** Sets a variable; grants call it, so that a permission and the name of its resource come together. */
  set(name: EnvironmentVariable, value: string): void {
    this.function.addEnvironment(name, value);
  }

  /** Allows actions on resources that are named in full. */
  allow(actions: string[], resources: string[]): void {
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  }

  /**
   * Lets the function send to the queue that feeds it. Lambda takes that for a mistake and stops it after 16 rounds,
   * though a paused queue goes round for as long as it is paused.
   */
  sendsToItself(): void {
    const resource = this.function.node.defaultChild;
    if (!(resource instanceof CfnFunction)) throw new Error("a function without its resource");
    resource.recursiveLoop = "Allow";
  }

  private placedIn(network: Network): {
    vpc: IVpc;
    vpcSubnets: { subnets: ISubnet[] };
    securityGroups: ISecurityGroup[];
  } {
    // What Lambda needs to attach a function to a network, as AWSLambdaVPCAccessExecutionRole has it.
    this.allow(
      [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ],
      ["*"],
    );
    const subnets = network.subnetIds.map((subnetId) => Subnet.fromSubnetId(this, subnetId, subnetId));
    return {
      // Zones are asked for by the type, used by nothing here: the subnets are named.
      vpc: Vpc.fromVpcAttributes(this, "Network", { vpcId: network.vpcId, availabilityZones: ["any"] }),
      vpcSubnets: { subnets },
      securityGroups: network.securityGroupIds.map((group) =>
        SecurityGroup.fromSecurityGroupId(this, group, group),
      ),
    };
  }
}

/** The bundle, with files and pages beside it. The CDK's own way to make one takes no plugins for the bundler. */
function bundled({ name, files = [], pages = false }: ServiceFunctionProps): Code {
  const run = (script: string, ...words: string[]) =>
    execFileSync(process.execPath, [`${root}bin/${script}.ts`, ...words], { stdio: "inherit" });
  return Code.fromAsset(root, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used: the same Node that runs the CDK makes the bundle. The command tells one function's asset from
      // another's, which the CDK would take for the same.
      image: DockerImage.fromRegistry("scratch"),
      command: [name, ...files, String(pages)],
      local: {
        tryBundle(folder) {
          run("bundle", name, folder);
          for (const file of files) copyFileSync(root + file, join(folder, basename(file)));
          if (pages) run("pages", folder);
          return true;
        },
      },
    },
  });
}

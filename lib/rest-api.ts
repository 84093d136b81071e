import { CfnOutput, Duration, RemovalPolicy, Size, Stack, Validations } from "aws-cdk-lib";
import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  type IResource,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  type MethodOptions,
  RestApi,
  TokenAuthorizer,
} from "aws-cdk-lib/aws-apigateway";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { FilterPattern, LogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";
import { addRefusals } from "./gateway-refusals.ts";
import { METRICS_NAMESPACE, type ServiceFunction } from "./service-function.ts";
import type { Timeouts } from "./timeouts.ts";

interface ServiceRestApiProps {
  readonly environment: Environment;
  readonly timeouts: Timeouts;
  readonly api: ServiceFunction;
  readonly authorizer: ServiceFunction;
}

/** What can be read without a key: the API's description and pages, what problems mean, and whether it lives. */
const OPEN_PATHS = ["openapi.json", "docs", "console", "problems/{name}", "health"];

const GATEWAY_ERRORS = "GatewayErrors";

/** One line per request. The query string and the Authorization header are left out: both may hold secrets. */
const accessLogLine = {
  request_id: "$context.requestId",
  time: "$context.requestTimeEpoch",
  method: "$context.httpMethod",
  path: "$context.path",
  status: "$context.status",
  owner: "$context.authorizer.principalId",
  // Who signed, where API Gateway checks signatures.
  caller: "$context.identity.userArn",
  ip: "$context.identity.sourceIp",
  user_agent: "$context.identity.userAgent",
  response_length: "$context.responseLength",
  response_latency: "$context.responseLatency",
  integration_latency: "$context.integration.latency",
  refusal: "$context.error.responseType",
};

/** `Authorization` with a key of ours (lambdas/api-keys/table.ts). Anything else gets its 401 without a run of Lambda. */
const KEY_HEADER = "^[Bb][Ee][Aa][Rr][Ee][Rr] +aik_[A-Za-z0-9_-]{43}$";

/** The door for HTTP. It authenticates, throttles and logs; paths, methods and bodies are the api function's. */
export class ServiceRestApi extends Construct {
  private readonly restApi: RestApi;
  private readonly accessLogs: LogGroup;
  /** Metric filters have no dimension of their own: the environment is in the namespace. */
  private readonly gatewayNamespace: string;

  constructor(scope: Construct, id: string, { environment, timeouts, api, authorizer }: ServiceRestApiProps) {
    super(scope, id);
    const logs = (name: string, logGroupName: string) =>
      new LogGroup(this, name, {
        logGroupName,
        retention: environment.logRetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });

    this.accessLogs = logs("AccessLogs", `/aws/apigateway/image-service-${environment.name}`);
    this.gatewayNamespace = `${METRICS_NAMESPACE}/${environment.name}`;

    this.restApi = new RestApi(this, "RestApi", {
      restApiName: `image-service-${environment.name}`,
      endpointTypes: [EndpointType.REGIONAL],
      // For pages, the document and lists, to clients that take it: they shrink to a sixth.
      minCompressionSize: Size.kibibytes(2),
      // The account has one role for the logs of all its APIs: lib/account-stack.ts.
      cloudWatchRole: false,
      deployOptions: {
        stageName: "v1",
        accessLogDestination: new LogGroupLogDestination(this.accessLogs),
        accessLogFormat: AccessLogFormat.custom(JSON.stringify(accessLogLine)),
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        // Metrics of every method are billed; those of the whole API come free, and are all that is watched.
        metricsEnabled: false,
        tracingEnabled: true,
        throttlingRateLimit: environment.throttling.rate,
        throttlingBurstLimit: environment.throttling.burst,
      },
    });
    // The output that a RestApi adds by itself; ours has no slash at the end.
    this.restApi.node.tryRemoveChild("Endpoint");
    // API Gateway would make this log group itself, and keep it for ever.
    this.restApi.deploymentStage.node.addDependency(
      logs("ExecutionLogs", `API-Gateway-Execution-Logs_${this.restApi.restApiId}/v1`),
    );

    const integration = new LambdaIntegration(api.function, {
      timeout: Duration.seconds(timeouts.gateway),
      // One permission for the whole API instead of one per method.
      scopePermissionToMethod: false,
    });
    const closed = this.authentication(environment, authorizer);
    for (const path of OPEN_PATHS) {
      const resource = this.restApi.root.resourceForPath(path);
      const method = resource.addMethod("GET", integration, { authorizationType: AuthorizationType.NONE });
      Validations.of(method).acknowledge({
        id: "AwsSolutions-APIG4",
        reason:
          "Open by the API's contract: it describes the API or says that it lives, and holds nothing of any owner.",
      });
      // Other methods get the api function's own 405.
      resource.addMethod("ANY", integration, closed);
      this.allowPages(resource, environment);
    }
    const rest = this.restApi.root.addResource("{proxy+}");
    rest.addMethod("ANY", integration, closed);
    this.allowPages(rest, environment);
    const { region, urlSuffix } = Stack.of(this);
    const address = `https://${this.restApi.restApiId}.execute-api.${region}.${urlSuffix}/v1`;
    addRefusals(this.restApi, environment, address);

    this.acknowledge();
    new CfnOutput(Stack.of(this), "ApiUrl", { value: address });
  }

  /** What the alarms and the dashboard watch. */
  get metrics(): {
    requests: Metric;
    serverErrors: Metric;
    clientErrors: Metric;
    latency: Metric;
    refusedWithServerError: Metric;
  } {
    return {
      refusedWithServerError: new Metric({
        namespace: this.gatewayNamespace,
        metricName: GATEWAY_ERRORS,
        statistic: "Sum",
        period: Duration.minutes(5),
      }),
      requests: this.restApi.metricCount(),
      serverErrors: this.restApi.metricServerError(),
      clientErrors: this.restApi.metricClientError(),
      latency: this.restApi.metricLatency({ statistic: "p95" }),
    };
  }

  /** Counts the 5xx that API Gateway answers by itself: the function failed, timed out, or could not be called. */
  countGatewayErrors(): void {
    new MetricFilter(this, "GatewayErrors", {
      logGroup: this.accessLogs,
      filterPattern: FilterPattern.all(
        FilterPattern.stringValue("$.status", "=", "5*"),
        FilterPattern.stringValue("$.refusal", "!=", "-"),
      ),
      metricNamespace: this.gatewayNamespace,
      metricName: GATEWAY_ERRORS,
    });
  }

  private authentication(environment: Environment, authorizer: ServiceFunction): MethodOptions {
    if (environment.authentication === "iam") return { authorizationType: AuthorizationType.IAM };
    return {
      authorizationType: AuthorizationType.CUSTOM,
      authorizer: new TokenAuthorizer(this, "Authorizer", {
        handler: authorizer.function,
        validationRegex: KEY_HEADER,
        // A revoked key works for at most this long.
        resultsCacheTtl: Duration.seconds(60),
      }),
    };
  }

  /** Answers the browsers' preflight requests, which carry no key. */
  private allowPages(resource: IResource, { corsOrigins }: Environment): void {
    if (corsOrigins.length === 0) return;
    const preflight = resource.addCorsPreflight({
      allowOrigins: [...corsOrigins],
      allowMethods: ["GET", "HEAD", "POST", "DELETE"],
      // The star covers what SDKs add, such as X-Stainless-*; Authorization has to be named all the same.
      allowHeaders: ["Authorization", "*"],
      maxAge: Duration.hours(1),
    });
    Validations.of(preflight).acknowledge({
      id: "AwsSolutions-APIG4",
      reason: "A preflight request cannot carry a key, and its answer holds the list of origins alone.",
    });
  }

  private acknowledge(): void {
    Validations.of(this.restApi).acknowledge(
      {
        id: "AwsSolutions-APIG2",
        reason:
          "The api function checks every request against one zod schema and points at each fault; the gateway's check would answer first, and worse.",
      },
      {
        id: "AwsSolutions-APIG3",
        reason:
          "Requests without a valid key end at the authorizer, owners have limits of their own and the stage is throttled; a web ACL is the account owner's to add in front.",
      },
      {
        id: "AwsSolutions-COG4",
        reason:
          "Callers are programs with API keys or SigV4, not people with passwords: a user pool has nobody to hold.",
      },
    );
  }
}

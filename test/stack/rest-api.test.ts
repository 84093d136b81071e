import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { ResponseType } from "aws-cdk-lib/aws-apigateway";
import { describe, expect, it } from "vitest";
import { createApiKeyStore } from "../../lambdas/api-keys/table.ts";
import { PROBLEMS } from "../../lambdas/platform/problem-table.ts";
import { environmentNamed } from "../../lib/config.ts";
import {
  everyEnvironment,
  onlyResource,
  resourcesOf,
  type Synthesised,
  synthesise,
  synthesised,
} from "./synthesised.ts";

interface MethodSeen {
  readonly path: string;
  readonly method: string;
  readonly authorization: string;
}

function methods(stack: Synthesised): MethodSeen[] {
  return resourcesOf(stack, "AWS::ApiGateway::Method").map(([, { Properties }]) => ({
    path: stack.resources[Properties["ResourceId"].Ref]?.Properties["PathPart"],
    method: Properties["HttpMethod"],
    authorization: Properties["AuthorizationType"],
  }));
}

/** A text that CloudFormation joins, its references by their names. */
function textOf(value: string | { "Fn::Join": [string, (string | { Ref: string })[]] }): string {
  if (typeof value === "string") return value;
  return value["Fn::Join"][1].map((part) => (typeof part === "string" ? part : part.Ref)).join("");
}

function refusals(
  stack: Synthesised,
): Record<string, { status: string; headers: Record<string, string>; body: string }> {
  return Object.fromEntries(
    resourcesOf(stack, "AWS::ApiGateway::GatewayResponse").map(([, { Properties }]) => [
      Properties["ResponseType"],
      {
        status: Properties["StatusCode"],
        headers: Properties["ResponseParameters"],
        body: textOf(Properties["ResponseTemplates"]["application/json"]),
      },
    ]),
  );
}

const open = ["openapi.json", "docs", "console", "{name}", "health"];

describe.each(everyEnvironment)("the REST API of $name", ({ name }) => {
  const stack = synthesised(name);

  it("is regional, with the stage v1, and compresses what is long", () => {
    stack.template.hasResourceProperties("AWS::ApiGateway::RestApi", {
      EndpointConfiguration: { Types: ["REGIONAL"] },
      MinimumCompressionSize: 2048,
    });
    stack.template.hasResourceProperties("AWS::ApiGateway::Stage", { StageName: "v1", TracingEnabled: true });
  });

  it("asks everyone for a key, but for the open pages", () => {
    expect(methods(stack).sort((a, b) => (a.path + a.method < b.path + b.method ? -1 : 1))).toEqual(
      [
        ...open.map((path) => ({ path, method: "GET", authorization: "NONE" })),
        ...[...open, "{proxy+}"].map((path) => ({ path, method: "ANY", authorization: "CUSTOM" })),
      ].sort((a, b) => (a.path + a.method < b.path + b.method ? -1 : 1)),
    );
    stack.template.hasResourceProperties("AWS::ApiGateway::Authorizer", {
      Type: "TOKEN",
      IdentitySource: "method.request.header.Authorization",
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  it("runs nothing for what cannot be a key", async () => {
    const { IdentityValidationExpression } = onlyResource(stack, "AWS::ApiGateway::Authorizer");
    const header = new RegExp(IdentityValidationExpression);
    const client = { send: async () => ({}) } as unknown as DynamoDBDocumentClient;
    const { key } = await createApiKeyStore(client, "table", Date.now).create("shop");
    for (const scheme of ["Bearer", "bearer", "BEARER"]) expect(`${scheme} ${key}`).toMatch(header);
    for (const garbage of ["Bearer x", `Basic ${key}`, key, `Bearer ${key}x`, "Bearer aik_"])
      expect(garbage).not.toMatch(header);
  });

  it("hands every request to the api function, within the gateway's 29 s", () => {
    for (const [, { Properties }] of resourcesOf(stack, "AWS::ApiGateway::Method")) {
      expect(Properties["Integration"]).toMatchObject({ Type: "AWS_PROXY", TimeoutInMillis: 29_000 });
      expect(JSON.stringify(Properties["Integration"].Uri)).toMatch(/"FunctionsApiFunction[0-9A-F]+"/);
    }
  });

  it("is throttled, measured and logged without bodies", () => {
    const { rate, burst } = stack.environment.throttling;
    const properties = onlyResource(stack, "AWS::ApiGateway::Stage");
    expect(properties["MethodSettings"]).toEqual([
      {
        HttpMethod: "*",
        ResourcePath: "/*",
        ThrottlingRateLimit: rate,
        ThrottlingBurstLimit: burst,
        LoggingLevel: "ERROR",
        DataTraceEnabled: false,
        MetricsEnabled: false,
      },
    ]);
  });

  it("writes one JSON line per request, without query strings and credentials", () => {
    const properties = onlyResource(stack, "AWS::ApiGateway::Stage");
    const { Format, DestinationArn } = properties["AccessLogSetting"];
    expect(Object.keys(JSON.parse(Format))).toEqual(
      expect.arrayContaining(["request_id", "path", "status", "owner"]),
    );
    expect(Format).not.toMatch(/query|header|authorization|apiKey|\$context\.requestOverride/i);
    expect(JSON.stringify(DestinationArn)).toContain("ApiAccessLogs");
  });

  it("answers each of the gateway's own refusals", () => {
    const known = Object.values(ResponseType).map(({ responseType }: ResponseType) => responseType);
    expect(Object.keys(refusals(stack)).sort()).toEqual(known.sort());
  });

  it("refuses in the words of our problem documents", () => {
    for (const [type, { status, headers, body }] of Object.entries(refusals(stack))) {
      const problem = JSON.parse(body.replaceAll("$context.requestId", "0f-request"));
      expect(Object.keys(problem).sort(), type).toEqual(
        ["billed", "code", "detail", "error", "request_id", "retryable", "status", "title", "type"].sort(),
      );
      expect(problem.status, type).toBe(Number(status));
      expect(problem.request_id).toBe("0f-request");
      const address = name === "local" ? "" : "https://\\S+";
      expect(problem.type).toMatch(new RegExp(`^${address}/v1/problems/[a-z-]+$`));
      expect(problem.error).toEqual({
        message: problem.detail,
        type: PROBLEMS[problem.code as keyof typeof PROBLEMS].openaiType,
        param: null,
        code: problem.code,
      });
      expect(headers).toMatchObject({
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.x-request-id": "context.requestId",
      });
      expect(headers).not.toHaveProperty("gatewayresponse.header.Access-Control-Allow-Origin");
    }
  });

  it.each([
    ["UNAUTHORIZED", "401", "unauthorized", "no"],
    ["ACCESS_DENIED", "403", "forbidden", "no"],
    ["MISSING_AUTHENTICATION_TOKEN", "404", "not_found", "no"],
    ["THROTTLED", "429", "rate_limited", "no"],
    ["REQUEST_TOO_LARGE", "413", "payload_too_large", "no"],
    ["UNSUPPORTED_MEDIA_TYPE", "415", "unsupported_media_type", "no"],
    ["AUTHORIZER_FAILURE", "500", "internal", "no"],
    ["INTEGRATION_FAILURE", "500", "internal", "unknown"],
    ["INTEGRATION_TIMEOUT", "500", "internal", "unknown"],
    ["API_CONFIGURATION_ERROR", "500", "internal", "unknown"],
    ["DEFAULT_5XX", "500", "internal", "unknown"],
  ])("refuses %s with %s %s", (type, status, code, billed) => {
    const refusal = refusals(stack)[type];
    expect(refusal?.status).toBe(status);
    expect(JSON.parse(refusal?.body ?? "{}")).toMatchObject({ code, billed });
  });

  it("says when to come back after a throttle", () => {
    expect(refusals(stack)["THROTTLED"]?.headers).toHaveProperty("gatewayresponse.header.Retry-After", "'1'");
  });
});

describe("an environment with IAM", () => {
  const stack = synthesise({ ...environmentNamed("dev", {}), authentication: "iam" });

  it("has API Gateway check signatures on all but the open pages", () => {
    const closed = methods(stack).filter(({ authorization }) => authorization !== "NONE");
    expect(new Set(closed.map(({ authorization }) => authorization))).toEqual(new Set(["AWS_IAM"]));
    expect(closed).toHaveLength(6);
    expect(resourcesOf(stack, "AWS::ApiGateway::Authorizer")).toEqual([]);
    // Without any signature, and with an API key in its place.
    for (const type of ["MISSING_AUTHENTICATION_TOKEN", "DEFAULT_4XX"])
      expect(refusals(stack)[type]).toMatchObject({
        status: "401",
        headers: { "gatewayresponse.header.WWW-Authenticate": "'AWS4-HMAC-SHA256'" },
      });
    expect(onlyResource(stack, "AWS::ApiGateway::Stage")["AccessLogSetting"].Format).toContain(
      '"caller":"$context.identity.userArn"',
    );
    expect(stack.findings).toEqual([]);
  });
});

describe("an environment with CORS", () => {
  const stack = synthesise({
    ...environmentNamed("dev", {}),
    corsOrigins: ["https://a.example", "https://b.example"],
  });

  it("answers preflight requests without a key, and lets pages read refusals", () => {
    const preflights = methods(stack).filter(({ method }) => method === "OPTIONS");
    expect(preflights.map(({ authorization }) => authorization)).toEqual(Array(6).fill("NONE"));
    for (const { headers } of Object.values(refusals(stack)))
      expect(headers).toHaveProperty("gatewayresponse.header.Access-Control-Allow-Origin", "'*'");
    expect(stack.findings).toEqual([]);
  });

  it("lets the same pages fetch pictures and put manifests, and where there are none the console alone", () => {
    const rules = (of: Synthesised) =>
      onlyResource(of, "AWS::S3::Bucket")["CorsConfiguration"].CorsRules.map(
        ({ AllowedMethods, AllowedOrigins }: Record<string, string[]>) => [
          AllowedMethods,
          AllowedOrigins?.map(textOf),
        ],
      );
    const own = [["GET", "HEAD", "PUT"], ["https://*.execute-api.AWS::Region.AWS::URLSuffix"]];
    const others = [
      ["GET", "HEAD", "PUT"],
      ["https://a.example", "https://b.example"],
    ];
    expect(rules(stack)).toEqual([own, others]);
    expect(rules(synthesised("dev"))).toEqual([own]);
  });
});

import { describe, expect, it } from "vitest";
import { timeoutsFor } from "../../lib/timeouts.ts";
import { everyEnvironment, functionsOf, resourcesOf, statementsOf, synthesised } from "./synthesised.ts";

const names = ["api", "authorizer", "expander", "reconciler", "relay", "task", "worker"];

/** What may be asked of `*`, because AWS knows no resource for it. */
const WITHOUT_RESOURCE = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"];

/** The actions of each function: no more, no less. */
const records = [
  "dynamodb:BatchGetItem",
  "dynamodb:BatchWriteItem",
  "dynamodb:ConditionCheckItem",
  "dynamodb:DeleteItem",
  "dynamodb:GetItem",
  "dynamodb:PutItem",
  "dynamodb:Query",
  "dynamodb:UpdateItem",
];
const answers = ["states:SendTaskFailure", "states:SendTaskSuccess"];
const allowed: Record<string, string[]> = {
  api: [...records, "s3:DeleteObject", "s3:GetObject", "sqs:GetQueueAttributes"],
  authorizer: ["dynamodb:GetItem"],
  task: [...records, "s3:GetObject", ...answers],
  relay: [
    "dynamodb:DescribeStream",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "events:PutEvents",
    "s3:GetObject",
    ...answers,
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:SendMessage",
  ],
  worker: [
    ...records,
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutObject",
    "secretsmanager:GetSecretValue",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
  ],
  expander: [
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "s3:GetObject",
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
  ],
  reconciler: [...records, "sqs:SendMessage"],
};

describe.each(everyEnvironment)("the functions of $name", ({ name }) => {
  const stack = synthesised(name);
  const functions = functionsOf(stack);
  const timeouts = timeoutsFor(stack.environment.provider.timeoutSeconds);

  it("are these seven", () => {
    expect(Object.keys(functions).sort()).toEqual(names);
  });

  it.each(names)("%s runs on Node 24 and arm64, traced, with source maps", (each) => {
    expect(functions[each]).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      TracingConfig: { Mode: "Active" },
      Environment: {
        Variables: {
          ENVIRONMENT: name,
          NODE_OPTIONS: "--enable-source-maps",
          POWERTOOLS_SERVICE_NAME: `image-service-${name}-${each}`,
          POWERTOOLS_METRICS_NAMESPACE: "ImageService",
        },
      },
    });
  });

  it.each(names)("%s writes to a log group of its own, which ends", (each) => {
    const group = functions[each]?.["LoggingConfig"].LogGroup.Ref;
    expect(stack.resources[group]?.Properties).toMatchObject({
      LogGroupName: `/aws/lambda/image-service-${name}-${each}`,
      RetentionInDays: stack.environment.logRetentionDays,
    });
  });

  it.each(names)("%s has a role of its own without managed policies", (each) => {
    const role = functions[each]?.["Role"]["Fn::GetAtt"][0];
    expect(stack.resources[role]?.Properties["ManagedPolicyArns"]).toBeUndefined();
    const users = Object.values(functions).filter(({ Role }) => Role["Fn::GetAtt"][0] === role);
    expect(users).toHaveLength(1);
  });

  it.each(names)("%s may do what it does and nothing else", (each) => {
    const actions = statementsOf(stack, each).flatMap(({ Action }) => Action);
    const common = [
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ];
    expect([...new Set(actions)].sort()).toEqual([...(allowed[each] ?? []), ...common].sort());
  });

  it.each(names)("%s names the resources it may touch", (each) => {
    for (const { Action, Resource } of statementsOf(stack, each)) {
      if (Resource.includes("*")) expect(WITHOUT_RESOURCE).toEqual(expect.arrayContaining(Action));
      for (const action of Action) expect(action).not.toContain("*");
      const wild = Resource.filter((resource) => resource !== "*" && JSON.stringify(resource).includes("*"));
      // A picture's key is a generation's id, a manifest's its owner's choice; a task token may come from any workflow.
      for (const resource of wild)
        expect(JSON.stringify(resource)).toMatch(/\/(answers|generations|manifests)\/\*"|:stateMachine:\*"/);
    }
  });

  it("run for as long as lib/timeouts.ts says", () => {
    const seconds = Object.fromEntries(
      Object.entries(functions).map(([each, { Timeout }]) => [each, Timeout]),
    );
    const { api, authorizer, expander, reconciler, relay, task, worker } = timeouts;
    expect(seconds).toEqual({ api, authorizer, expander, reconciler, relay, task, worker });
  });

  it("leave the provider's key to the worker", () => {
    for (const [each, { Environment }] of Object.entries(functions))
      expect("PROVIDER_KEY_SECRET_ARN" in Environment.Variables).toBe(each === "worker");
  });

  it("are woken by queues, stream and clock", () => {
    const mappings = resourcesOf(stack, "AWS::Lambda::EventSourceMapping").map(
      ([, { Properties }]) => Properties,
    );
    const fedBy = (queue: string) =>
      mappings.find(({ EventSourceArn }) => String(EventSourceArn["Fn::GetAtt"][0]).startsWith(queue));
    const [queue, expansions, stream] = [
      fedBy("Queue"),
      fedBy("Expansions"),
      mappings.find(({ StartingPosition }) => StartingPosition !== undefined),
    ];
    expect(mappings).toHaveLength(3);
    expect(expansions).toMatchObject({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 5 } });
    expect(queue).toMatchObject({
      BatchSize: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: stack.environment.workerConcurrency },
    });
    expect(stream).toMatchObject({
      StartingPosition: "TRIM_HORIZON",
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumRetryAttempts: 10,
      FilterCriteria: {
        Filters: [
          {
            Pattern: JSON.stringify({
              eventName: ["INSERT", "MODIFY"],
              dynamodb: { Keys: { pk: { S: [{ prefix: "generation#" }] } } },
            }),
          },
          {
            Pattern: JSON.stringify({
              eventName: ["INSERT"],
              dynamodb: { Keys: { pk: { S: [{ prefix: "batch#" }] } } },
            }),
          },
        ],
      },
    });
    const failures = stream?.["DestinationConfig"].OnFailure.Destination["Fn::GetAtt"][0];
    expect(failures).toMatch(/^QueueRelayFailures/);
    stack.template.hasResourceProperties("AWS::Events::Rule", { ScheduleExpression: "rate(5 minutes)" });
  });
});

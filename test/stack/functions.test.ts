import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { timeoutsFor } from "../../lib/timeouts.ts";
import { usedBy } from "../support/used-actions.ts";
import {
  everyEnvironment,
  functionsOf,
  resourcesOf,
  statementsOf,
  synthesise,
  synthesised,
} from "./synthesised.ts";

const names = ["api", "authorizer", "expander", "reconciler", "relay", "task", "worker"];

/** What may be asked of `*`, because AWS knows no resource for it. */
const WITHOUT_RESOURCE = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"];

/** What every function needs to be seen. */
const SEEN = [
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];

/** What Lambda itself does in a function's name to fetch its events, and to put failed ones aside. */
const FROM_QUEUE = [
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ReceiveMessage",
];
const FROM_STREAM = [
  "dynamodb:DescribeStream",
  "dynamodb:GetRecords",
  "dynamodb:GetShardIterator",
  "dynamodb:ListStreams",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
];
const FED: Record<string, string[]> = { worker: FROM_QUEUE, expander: FROM_QUEUE, relay: FROM_STREAM };

describe.each(everyEnvironment)("the functions of $name", ({ name }) => {
  const stack = synthesised(name);
  const functions = functionsOf(stack);
  const timeouts = timeoutsFor(stack.environment.provider.timeoutSeconds);

  it("are these seven", () => {
    expect(Object.keys(functions).sort()).toEqual(names);
  });

  it.each(names)("%s runs on Node 24 and arm64, traced", (each) => {
    expect(functions[each]).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      TracingConfig: { Mode: "Active" },
      Environment: {
        Variables: {
          // On this machine every function is a process of its own, and memory is what it costs.
          ...(name === "local" && { NODE_OPTIONS: "--max-semi-space-size=1" }),
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

  it.each(names)("%s may do what its code does and nothing else", (each) => {
    const granted = statementsOf(stack, each).flatMap(({ Action }) => Action);
    const needed = [...usedBy(each).actions, ...(FED[each] ?? []), ...SEEN];
    expect([...new Set(granted)].sort()).toEqual([...new Set(needed)].sort());
  });

  it.each(names)("%s may query the indexes that its code queries and no others", (each) => {
    const queried = statementsOf(stack, each)
      .filter(({ Action }) => Action.includes("dynamodb:Query"))
      .flatMap(({ Resource }) => Resource.map((one) => /"\/index\/(\w+)"/.exec(JSON.stringify(one))?.[1]));
    expect(queried.sort()).toEqual([...usedBy(each).indexes].sort());
  });

  it.each(names)("%s knows the names of what it may touch and of nothing else", (each) => {
    const touched = JSON.stringify(statementsOf(stack, each));
    for (const [variable, value] of Object.entries(functions[each]?.["Environment"].Variables)) {
      const resource = resourceOf(value);
      if (resource !== null) expect(touched, variable).toContain(`"${resource}"`);
    }
  });

  it.each(names)("%s names the resources it may touch", (each) => {
    for (const { Action, Resource } of statementsOf(stack, each)) {
      if (Resource.includes("*")) expect(WITHOUT_RESOURCE).toEqual(expect.arrayContaining(Action));
      for (const action of Action) expect(action).not.toContain("*");
      const wild = Resource.filter((resource) => resource !== "*" && JSON.stringify(resource).includes("*"));
      // A picture's key is a generation's id, a manifest's its owner's choice; a task token may come from any workflow.
      for (const resource of wild)
        expect(JSON.stringify(resource)).toMatch(
          /\/(answers|batches|generations|manifests|results|unverified)\/\*"|:stateMachine:\*"/,
        );
    }
  });

  it("run for as long as lib/timeouts.ts says", () => {
    const seconds = Object.fromEntries(
      Object.entries(functions).map(([each, { Timeout }]) => [each, Timeout]),
    );
    const { api, authorizer, expander, reconciler, relay, task, worker } = timeouts;
    expect(seconds).toEqual({ api, authorizer, expander, reconciler, relay, task, worker });
  });

  it("may send to the queue that feeds them where they do, and nowhere else in rounds", () => {
    const allowed = Object.entries(functions).filter(([, { RecursiveLoop }]) => RecursiveLoop === "Allow");
    expect(allowed.map(([each]) => each).sort()).toEqual(["expander", "worker"]);
  });

  it("take an asynchronous call of the task once, not three times", () => {
    stack.template.resourceCountIs("AWS::Lambda::EventInvokeConfig", 1);
    stack.template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: Match.stringLikeRegexp("^FunctionsTask") },
      MaximumRetryAttempts: 0,
    });
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

describe("reserved concurrency", () => {
  const reservedIn = (reserveConcurrency: boolean) =>
    Object.entries(
      functionsOf(synthesise({ ...synthesised("prod").environment, reserveConcurrency })),
    ).flatMap(([name, { ReservedConcurrentExecutions: runs }]) => (runs === undefined ? [] : [[name, runs]]));

  it("keeps runs for those that paint and pass on, where an environment asks for it", () => {
    expect(Object.fromEntries(reservedIn(true))).toEqual({ worker: 12, relay: 10 });
    expect(reservedIn(false)).toEqual([]);
  });
});

/** The logical id of the resource that a variable names; null for a plain value. */
function resourceOf(value: unknown): string | null {
  const [, id = null] = /^\{"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/.exec(JSON.stringify(value)) ?? [];
  return id;
}

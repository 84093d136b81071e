import { Aws, CfnOutput, Duration, Fn, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import {
  DefinitionBody,
  Errors,
  Fail,
  IntegrationPattern,
  JitterType,
  LogLevel,
  QueryLanguage,
  StateMachine,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Construct } from "constructs";
import type { Environment } from "./environment-schema.ts";
import { logicalId } from "./logical-id.ts";
import type { ServiceFunction } from "./service-function.ts";

/** Ends that were not billed and may be better next time. */
const WORTH_ANOTHER_TRY = ["ProviderThrottled", "ProviderUnavailable"];
/** The task's time is over before the generation's; asked again with the same key it waits on. */
const STILL_RUNNING = ["StillRunning", "Sandbox.Timedout"];
/** No room in the account's concurrency, which these workflows themselves fill: the call was not begun. */
const NO_ROOM = ["Lambda.TooManyRequestsException"];
/** Ends that the same prompt will always have. */
const REFUSED = ["InvalidRequest", "ContentRejected", "ProviderRejected"];

/**
 * The problem JSON of a caught error, as JSONata: the cause itself where the task token was answered, the message inside
 * Lambda's account of an error where the function threw it. Whatever else there is stays as it is; so does an account
 * that was cut at Step Functions' limit, as `$parse` would fail on it, and its error hide the one that was caught.
 */
const PROBLEM = [
  "$cause := $states.input.Cause",
  '$isText := $type($cause) = "string"',
  '$isWhole := $isText and $length($cause) < 32768 and $contains($cause, /^\\{.*"errorMessage".*\\}$/)',
  "$message := $isWhole ? $parse($cause).errorMessage",
  '$exists($message) ? $string($message) : $isText ? $cause : ""',
].join("; ");

/**
 * How one task is called. `idempotency_key` defaults to the execution's name, so that Step Functions may call the
 * task again as often as it likes: every call joins the one generation. A second generation needs a second key.
 */
interface TaskForm {
  readonly integrationPattern: IntegrationPattern;
  readonly timeoutSeconds: number;
  /** Members that the form adds to the task's input, as JSONata. */
  readonly additions: string;
  readonly output: string;
}

/** Waits for the end within one call of the task function. */
const requestResponse: TaskForm = {
  integrationPattern: IntegrationPattern.REQUEST_RESPONSE,
  timeoutSeconds: 920,
  additions: "{}",
  output: "{% $states.result.Payload %}",
};

/** Leaves a task token behind and waits for as long as a generation may: its deadline is 24 hours by default. */
const callback: TaskForm = {
  integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
  timeoutSeconds: 25 * 3600,
  additions: '{"task_token": $states.context.Task.Token}',
  output: "{% $states.result %}",
};

/** Two state machines to start from, and the permission to answer those of others. */
export class Workflows extends Construct {
  constructor(scope: Construct, id: string, environment: Environment, task: ServiceFunction) {
    super(scope, id);
    const machines = [
      new PaintingWorkflow(this, "RequestResponse", environment, task, requestResponse, "request-response"),
      new PaintingWorkflow(this, "Callback", environment, task, callback, "callback"),
    ];
    new CfnOutput(Stack.of(this), "StateMachineArns", {
      value: Fn.join(
        ",",
        machines.map(({ arn }) => arn),
      ),
    });
  }

  /** Lets a function answer task tokens, whichever workflow of this account they came from. */
  static grantAnswers(target: ServiceFunction): void {
    const machines = `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:stateMachine:*`;
    target.allow(["states:SendTaskSuccess", "states:SendTaskFailure"], [machines]);
    Validations.of(target.role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:*]",
      reason:
        "Any workflow of this account may hand us a task token, and the token alone decides which task is answered.",
    });
  }
}

class PaintingWorkflow extends Construct {
  readonly arn: string;

  constructor(
    scope: Construct,
    id: string,
    environment: Environment,
    task: ServiceFunction,
    form: TaskForm,
    name: string,
  ) {
    super(scope, id);
    const refused = this.failure(
      "Refused",
      "The input was refused, nothing was billed: ask for another picture",
    );
    const unknown = this.failure(
      "Outcome unknown",
      "The provider may have billed: a person decides whether to repeat",
    );
    const failed = this.failure("Failed", "No picture");

    const again = this.paint(
      "Paint again",
      task,
      form,
      '{"idempotency_key": $states.context.Execution.Name & "-again"}',
    );
    const pause = Wait.jsonata(this, "Let the provider recover", {
      time: WaitTime.duration(Duration.minutes(5)),
    });
    pause.next(again);
    const first = this.paint("Paint", task, form, "{}");
    first.addCatch(pause, { errors: WORTH_ANOTHER_TRY });
    for (const attempt of [first, again]) {
      attempt.addRetry({
        errors: NO_ROOM,
        interval: Duration.seconds(2),
        backoffRate: 2,
        maxDelay: Duration.minutes(5),
        // About an hour and a half, in disorder: those that were refused together do not come back together.
        maxAttempts: 25,
        jitterStrategy: JitterType.FULL,
      });
      // A hundred quarters of an hour: longer than any generation's default deadline.
      attempt.addRetry({
        errors: STILL_RUNNING,
        interval: Duration.seconds(1),
        backoffRate: 1,
        maxAttempts: 100,
      });
      attempt.addCatch(refused, { errors: REFUSED });
      attempt.addCatch(unknown, { errors: ["UpstreamOutcomeUnknown"] });
      attempt.addCatch(failed, { errors: [Errors.ALL] });
    }

    const stateMachineName = `image-service-${environment.name}-${name}`;
    const machine = new StateMachine(this, "StateMachine", {
      stateMachineName,
      definitionBody: DefinitionBody.fromChainable(first),
      queryLanguage: QueryLanguage.JSONATA,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, "Logs", {
          // This prefix spares the log groups' resource policy, which has a size limit.
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          retention: environment.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Prompts are the callers' own.
        includeExecutionData: false,
      },
    });
    this.arn = machine.stateMachineArn;
    Validations.of(machine.role).acknowledge(
      {
        id: `AwsSolutions-IAM5[Resource::<${logicalId(task.function)}.Arn>:*]`,
        reason: "The versions of the one function that the workflow calls.",
      },
      {
        id: "AwsSolutions-IAM5[Resource::*]",
        reason:
          "Log delivery and X-Ray have no resource to name; both lists of actions are written by the CDK.",
      },
    );
  }

  private paint(stateName: string, task: ServiceFunction, form: TaskForm, key: string): LambdaInvoke {
    const input = [
      '{"idempotency_key": $states.context.Execution.Name}',
      "$states.context.Execution.Input",
      key,
      form.additions,
    ];
    return LambdaInvoke.jsonata(this, stateName, {
      lambdaFunction: task.function,
      integrationPattern: form.integrationPattern,
      // An input that is no object goes on as it is, to be refused: `$merge` would make one request of a whole list.
      payload: TaskInput.fromText(
        `{% $type($states.context.Execution.Input) = "object" ? $merge([${input.join(", ")}]) : $states.context.Execution.Input %}`,
      ),
      outputs: form.output,
      taskTimeout: Timeout.duration(Duration.seconds(form.timeoutSeconds)),
      // Faults of Lambda itself are retried with the same key: the call joins the generation, it buys nothing.
      retryOnServiceExceptions: true,
    });
  }

  private failure(stateName: string, comment: string): Fail {
    return Fail.jsonata(this, stateName, {
      comment,
      error: "{% $states.input.Error %}",
      cause: `{% (${PROBLEM}) %}`,
    });
  }
}

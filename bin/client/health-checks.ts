import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { oldestOpenSeconds } from "../../lambdas/generations/oldest-open.ts";
import { createGenerationStore } from "../../lambdas/generations/table.ts";
import { createPacer } from "../../lambdas/pacing/limiter.ts";
import { paceOf } from "../../lambdas/pacing/pace.ts";
import { sleep } from "../../lambdas/platform/clock.ts";
import { offerOf } from "../../lambdas/providers/registry.ts";
import { environmentNamed } from "../../lib/config.ts";
import type { EnvironmentName } from "../../lib/environment-schema.ts";
import { modelQuotas } from "../../lib/model-quotas.ts";
import { stackName } from "../../lib/stack-name.ts";
import { emulatorCredentials } from "../local/surroundings.ts";
import { listenersOf } from "./alarm-listeners.ts";
import { alarmsOf } from "./alarms.ts";
import { localStack } from "./connection.ts";
import { deployedOutputs, findStack, output } from "./deployed-stack.ts";
import { deploymentFault } from "./failed-deployment.ts";
import * as find from "./findings.ts";
import { connectToStore } from "./store-connection.ts";

const PROVIDER_MS = 10_000;

/** The checks of an environment, in the order in which one explains the next. */
export async function healthChecks(env: EnvironmentName): Promise<find.Check[]> {
  const environment = environmentNamed(env, env === "local" ? process.env : {});
  const place = env === "local" ? await localPlace() : await deployedPlace(env);
  const { options, queueUrl, deadLetterQueueUrl, secretArn, providerBaseUrl } = place;
  const { documents: client, table, retentionDays } = await connectToStore(env);
  const queues = new SQSClient({ ...options, useQueueUrlAsEndpoint: false });
  const offer = offerOf(environment.provider);
  const { region } = environment.provider;
  const readSecret = async () =>
    (await new SecretsManagerClient(options).send(new GetSecretValueCommand({ SecretId: secretArn })))
      .SecretString;
  const waiting = async (QueueUrl: string) => {
    const AttributeNames = [
      "ApproximateNumberOfMessages" as const,
      "ApproximateNumberOfMessagesNotVisible" as const,
    ];
    const { Attributes = {} } = await queues.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames }),
    );
    return Object.values(Attributes).reduce((sum, each) => sum + Number(each), 0);
  };
  const quotas = modelQuotas(environment).map((entry) => entry.split("="));
  return [
    ...place.stack,
    { name: "secret", run: async () => find.keyFinding(await readSecret()) },
    ...quotas.map(([model = "", perMinute]) => ({
      name: `provider, ${model}`,
      async run() {
        const key = (await readSecret())?.trim() ?? "";
        if (key === "") return find.skipped("there is no key to ask with");
        const answer = await fetch(`${providerBaseUrl}/api/v1/quotas?model=${encodeURIComponent(model)}`, {
          headers: { authorization: `Bearer ${key}` },
          redirect: "error",
          signal: AbortSignal.timeout(PROVIDER_MS),
        });
        return find.quotaFinding(answer.status, await answer.json().catch(() => null), Number(perMinute));
      },
    })),
    ...offer.models.map(({ id: model }) => ({
      name: `pause, ${model}`,
      async run() {
        const pacer = createPacer({ client, table, region, model, pace: paceOf(1, 1), now: Date.now, sleep });
        return find.pauseFinding(await pacer.status());
      },
    })),
    {
      name: "line",
      async run() {
        const generations = createGenerationStore(client, table, retentionDays);
        const oldest = await oldestOpenSeconds(generations, Date.now());
        return find.lineFinding(await waiting(queueUrl), oldest);
      },
    },
    { name: "dead letters", run: async () => find.deadLetterFinding(await waiting(deadLetterQueueUrl)) },
    {
      name: "Lambda concurrency",
      async run() {
        if (env === "local") return find.skipped("the emulator has no limit");
        const { AccountLimit } = await new LambdaClient({}).send(new GetAccountSettingsCommand({}));
        const most = AccountLimit?.ConcurrentExecutions ?? 0;
        const said = `${most} runs at once in this account, ${environment.workerConcurrency} of them may be workers`;
        return most < 4 * environment.workerConcurrency
          ? find.person(said, "functions-throttled")
          : find.good(said);
      },
    },
    {
      name: "alarms",
      async run() {
        if (!environment.observed) return find.skipped(`${env} has none`);
        return find.alarmsFinding(await alarmsOf(new CloudWatchClient({}), env));
      },
    },
    {
      name: "who hears of alarms",
      async run() {
        if (!environment.observed) return find.skipped(`${env} has no alarms`);
        const { topics } = await alarmsOf(new CloudWatchClient({}), env);
        if (topics.length === 0) return find.skipped("no alarm is sent anywhere");
        return find.listenersFinding(await listenersOf(new SNSClient({}), topics));
      },
    },
  ];
}

async function localPlace() {
  const stack = await localStack();
  return {
    stack: [{ name: "stack", run: async () => find.good("runs on this machine") }],
    options: { endpoint: stack.aws_endpoint, region: stack.region, credentials: emulatorCredentials },
    queueUrl: stack.queue_url,
    deadLetterQueueUrl: stack.dead_letter_queue_url,
    secretArn: stack.secret_arn,
    providerBaseUrl: stack.provider_base_url,
  };
}

async function deployedPlace(env: EnvironmentName) {
  const outputs = await deployedOutputs(env);
  const named = (name: string) => output(outputs, name, env);
  return {
    stack: stackChecks(env),
    options: {},
    queueUrl: named("QueueUrl"),
    deadLetterQueueUrl: named("DeadLetterQueueUrl"),
    secretArn: named("SecretArn"),
    providerBaseUrl: named("ProviderBaseUrl"),
  };
}

/** What CloudFormation says of a stack that works. */
function stackChecks(env: EnvironmentName): find.Check[] {
  const StackName = stackName(env);
  return [
    {
      name: "stack",
      async run() {
        const status = (await findStack(env))?.status ?? "gone";
        if (!/^UPDATE_(ROLLBACK_|FAILED)/.test(status)) return find.good(`${StackName} is ${status}`);
        const { reason, next } = await deploymentFault(new CloudFormationClient({}), {
          StackName,
          environment: env,
        });
        return find.person(
          `${StackName} is ${status}: its last deployment failed (${reason ?? "its events do not say why"}): ${next}`,
          "a-deployment-failed",
        );
      },
    },
    {
      name: "protection from deletion",
      async run() {
        if (!environmentNamed(env, {}).keepData)
          return find.skipped(`${env} is thrown away with all it holds`);
        return find.protectionFinding((await findStack(env))?.isProtected === true);
      },
    },
  ];
}

import { CfnOutput, Duration, Stack } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { providerBaseUrl } from "./egress.ts";
import type { Environment } from "./environment-schema.ts";
import type { GenerationEvents } from "./event-bus.ts";
import type { Expansions } from "./expansions.ts";
import { modelQuotas } from "./model-quotas.ts";
import type { ProviderKey } from "./provider-key.ts";
import type { WorkQueue } from "./queue.ts";
import { ServiceFunction, type Settings } from "./service-function.ts";
import type { Store } from "./store.ts";
import type { Timeouts } from "./timeouts.ts";
import { Workflows } from "./workflows.ts";

interface FunctionsProps {
  readonly environment: Environment;
  readonly timeouts: Timeouts;
  readonly store: Store;
  readonly queue: WorkQueue;
  readonly expansions: Expansions;
  readonly providerKey: ProviderKey;
  readonly events: GenerationEvents;
}

/**
 * The seven functions and their grants; a test compares these with the AWS commands in each function's code. Memory is
 * chosen for the share of a processor that comes with it, as docs/costs.md tells: none of them holds a fifth of it.
 */
export class Functions extends Construct {
  readonly api: ServiceFunction;
  readonly authorizer: ServiceFunction;
  readonly task: ServiceFunction;
  readonly relay: ServiceFunction;
  readonly worker: ServiceFunction;
  readonly expander: ServiceFunction;
  readonly reconciler: ServiceFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { environment, timeouts, store, queue, expansions, events } = props;
    const make = (
      name: string,
      description: string,
      timeoutSeconds: number,
      memoryMegabytes: number,
      more: { files?: readonly string[]; pages?: boolean } = {},
    ) =>
      new ServiceFunction(this, name.charAt(0).toUpperCase() + name.slice(1), {
        name,
        description,
        environment,
        settings: settings(environment, timeouts),
        timeoutSeconds,
        memoryMegabytes,
        ...more,
        reservedConcurrency: environment.reserveConcurrency ? reservedFor(name, environment) : undefined,
        network:
          name === "worker" && environment.egress.mode === "allowlist"
            ? environment.egress.network
            : undefined,
      });

    this.authorizer = make("authorizer", "Checks an API key and names its owner", timeouts.authorizer, 512);
    store.grantRecords(this.authorizer, ["GetItem"]);

    this.api = make("api", "Answers HTTP requests", timeouts.api, 1024, {
      files: ["docs/openapi.json"],
      pages: true,
    });
    store.grantRecords(
      this.api,
      ["BatchGetItem", "GetItem", "PutItem", "UpdateItem"],
      ["by_batch", "by_owner", "by_owner_open", "by_owner_status", "line"],
    );
    store.grantPicturesRead(this.api);
    store.grantPicturesRemoval(this.api);
    store.grantManifestsRead(this.api);
    store.grantManifestsWrite(this.api);
    store.grantResultsRead(this.api);
    expansions.grantSend(this.api);

    this.task = make("task", "Takes a generation from a workflow or a direct call", timeouts.task, 512);
    // "Still running" is an error to Lambda: it would take up to three times what was asked for once.
    this.task.function.configureAsyncInvoke({ retryAttempts: 0 });
    store.grantRecords(this.task, ["GetItem", "PutItem", "UpdateItem"]);
    store.grantPicturesRead(this.task);
    Workflows.grantAnswers(this.task);

    this.relay = make(
      "relay",
      "Passes changes of the table on to queue, bus and workflows",
      timeouts.relay,
      1024,
    );
    store.follow(this.relay, queue.relayFailures);
    store.grantRecords(this.relay, ["GetItem", "PutItem", "UpdateItem"]);
    store.grantPicturesRead(this.relay);
    queue.grantSend(this.relay);
    expansions.grantSend(this.relay);
    events.grantPublish(this.relay);
    Workflows.grantAnswers(this.relay);

    this.worker = make(
      "worker",
      "Paints at the provider's pace and stores the pictures",
      timeouts.worker,
      1024,
    );
    store.grantRecords(this.worker, ["GetItem", "PutItem", "UpdateItem"], ["line"]);
    store.grantPicturesWrite(this.worker);
    store.grantAnswersWrite(this.worker);
    store.grantPicturesRemoval(this.worker);
    props.providerKey.grantRead(this.worker);
    this.worker.sendsToItself();
    queue.feed(this.worker, environment.workerConcurrency);
    queue.grantSend(this.worker);
    queue.grantDeadLetter(this.worker);

    this.expander = make(
      "expander",
      "Makes the generations of a batch, and its results",
      timeouts.expander,
      1024,
    );
    store.grantRecords(this.expander, ["BatchGetItem", "GetItem", "PutItem", "UpdateItem"], ["by_batch"]);
    store.grantManifestsRead(this.expander);
    store.grantResultsWrite(this.expander);
    expansions.grantSend(this.expander);
    this.expander.sendsToItself();
    expansions.feed(this.expander);

    this.reconciler = make("reconciler", "Ends or queues again what got stuck", timeouts.reconciler, 512);
    store.grantRecords(this.reconciler, ["GetItem", "PutItem", "UpdateItem"], ["open"]);
    store.grantAnswersRead(this.reconciler);
    queue.grantSend(this.reconciler);
    expansions.grantSend(this.reconciler);
    new Rule(this, "ReconcilerSchedule", {
      description: "After this rule's rounds no generation stays open for ever",
      schedule: Schedule.rate(Duration.minutes(environment.reconcilerMinutes)),
      targets: [new LambdaFunction(this.reconciler.function)],
    });

    const stack = Stack.of(this);
    new CfnOutput(stack, "TaskFunctionName", { value: this.task.function.functionName });
    new CfnOutput(stack, "WorkerFunctionName", { value: this.worker.function.functionName });
    new CfnOutput(stack, "ProviderBaseUrl", { value: providerBaseUrl(environment) });
  }
}

/**
 * Runs that a function has for itself whatever else the account does: those that paint and pass on. The rest shares
 * what is left.
 */
function reservedFor(name: string, { workerConcurrency }: Environment): number | undefined {
  if (name === "worker") return workerConcurrency;
  // One run per shard of the table's stream: four at first, more as the table grows.
  return name === "relay" ? 10 : undefined;
}

/** What every function may know: plain values of the environment. Names of resources come with their grants. */
function settings(environment: Environment, timeouts: Timeouts): Settings {
  const { provider, owner, budget } = environment;
  return {
    AUTHENTICATION: environment.authentication,
    CORS_ORIGINS: environment.corsOrigins.join(","),
    RETENTION_DAYS: String(environment.retentionDays),
    OWNER_REQUESTS_PER_MINUTE: String(owner.requestsPerMinute),
    OWNER_OPEN_GENERATIONS: String(owner.openGenerations),
    OWNER_MONTHLY_BUDGET: budget?.ownerMonthly ?? "",
    ENVIRONMENT_MONTHLY_BUDGET: budget?.environmentMonthly ?? "",
    PROVIDER_NAME: provider.name,
    PROVIDER_REGION: provider.region,
    PROVIDER_BASE_URL: providerBaseUrl(environment),
    PROVIDER_IMAGE_HOSTS: provider.extraImageHosts.join(","),
    MODEL_REQUESTS_PER_MINUTE: modelQuotas(environment).join(","),
    PROVIDER_BURST: String(provider.burst),
    PROVIDER_READ_TIMEOUT_SECONDS: String(timeouts.providerRead),
    LEASE_SECONDS: String(timeouts.lease),
    SLOT_WAIT_SECONDS: String(timeouts.slotWait),
    HEARTBEAT_SECONDS: String(timeouts.heartbeat),
    WORK_VISIBILITY_SECONDS: String(timeouts.workVisibility),
    INQUIRY_SECONDS: String(timeouts.inquiry),
    PROBE_SECONDS: String(timeouts.probe),
    DOWNLOAD_TIMEOUT_SECONDS: String(timeouts.download),
    MARKING: environment.marking,
    API_WAIT_SECONDS: String(timeouts.apiWait),
    OPENAI_PATIENCE_SECONDS: String(environment.openaiPatienceSeconds),
  };
}

import { Annotations, CfnOutput, Stack, Tags } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { EgressAllowlist } from "./egress.ts";
import type { Environment } from "./environment-schema.ts";
import { GenerationEvents } from "./event-bus.ts";
import { Expansions } from "./expansions.ts";
import { Functions } from "./functions.ts";
import { Observability } from "./observability.ts";
import { ProviderKey } from "./provider-key.ts";
import { WorkQueue } from "./queue.ts";
import { ServiceRestApi } from "./rest-api.ts";
import { stackName } from "./stack-name.ts";
import { Store } from "./store.ts";
import { timeoutsFor } from "./timeouts.ts";
import { Workflows } from "./workflows.ts";

/** The whole service in one environment. */
export class ImageServiceStack extends Stack {
  constructor(scope: Construct, environment: Environment) {
    super(scope, stackName(environment.name), {
      description: `Image service (${environment.name}): a prompt in, a durable PNG out`,
      terminationProtection: environment.deletionProtection,
    });
    for (const { id, warning } of gapsOf(environment)) Annotations.of(this).addWarningV2(id, warning);
    const timeouts = timeoutsFor(environment.provider.timeoutSeconds);

    const store = new Store(this, "Store", environment);
    const queue = new WorkQueue(this, "Queue", timeouts);
    const expansions = new Expansions(this, "Expansions", timeouts);
    const providerKey = new ProviderKey(this, "ProviderKey", environment);
    const events = new GenerationEvents(this, "Events", environment);
    const functions = new Functions(this, "Functions", {
      environment,
      timeouts,
      store,
      queue,
      expansions,
      providerKey,
      events,
    });
    const api = new ServiceRestApi(this, "Api", {
      environment,
      timeouts,
      api: functions.api,
      authorizer: functions.authorizer,
    });
    new Workflows(this, "Workflows", environment, functions.task);
    if (environment.egress.mode === "allowlist") new EgressAllowlist(this, "Egress", environment);
    if (environment.observed)
      new Observability(this, "Observability", { environment, functions, queue, expansions, api });

    new CfnOutput(this, "Region", { value: this.region });
    Tags.of(this).add("service", "image-service");
    Tags.of(this).add("environment", environment.name);
  }
}

/** What an environment should not be without, and is free to be. */
function gapsOf({
  name,
  budget,
  alarmEmails,
  pageEmails = [],
  keepData,
  deletionProtection,
}: Environment): { id: string; warning: string }[] {
  const gaps = [];
  if (keepData && !deletionProtection)
    gaps.push({
      id: "image-service:not-protected",
      warning: `${name} is not protected from deletion: once its first deployment stands, set deletionProtection: true in lib/config.ts and deploy again.`,
    });
  if (name !== "prod") return gaps;
  if (budget?.environmentMonthly === undefined)
    gaps.push({
      id: "image-service:no-budget",
      warning:
        "prod has no budget: callers may spend any amount at the provider. Set budget.environmentMonthly in lib/config.ts.",
    });
  if (alarmEmails.length + pageEmails.length === 0)
    gaps.push({
      id: "image-service:no-alarm-emails",
      warning: "prod has no alarmEmails: its alarms reach nobody. Name an address in lib/config.ts.",
    });
  return gaps;
}

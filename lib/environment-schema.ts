import * as z from "zod";
import { offerOf, PROVIDERS, providerNamed } from "../lambdas/providers/registry.ts";
import { PROVIDER_LIMIT } from "./timeouts.ts";

const hostName = z.string().regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, {
  error: "must be a host name in lower case, without scheme, port or path",
});

/** A host with a port or without: a fake result host on this machine has a port of its own. */
const hostAndPort = z.string().regex(/^[a-z0-9.-]+(:\d{1,5})?$/, {
  error: "must be host or host:port in lower case, without scheme or path",
});

const amount = z.string().regex(/^\d{1,9}(\.\d{1,6})?$/, {
  error: 'must be an amount such as "100.00"',
});

const quota = z.number().positive().max(6000);

const daysOfLogs = z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]);

const networkSchema = z.strictObject({
  vpcId: z.string().startsWith("vpc-"),
  subnetIds: z.array(z.string().startsWith("subnet-")).min(1),
  securityGroupIds: z.array(z.string().startsWith("sg-")).min(1),
});

/** What an environment can choose. Everything else is the same everywhere. */
export const environmentSchema = z
  .strictObject({
    name: z.enum(["local", "dev", "staging", "prod"]),
    provider: z.strictObject({
      /** Of lambdas/providers/registry.ts. Keys and addresses of two regions are never mixed. */
      name: z.enum(PROVIDERS.map(({ name }) => name)),
      region: z.string(),
      /** Another address for the provider, such as a workspace domain; without it the region's shared host. */
      baseUrl: z
        .url({ protocol: /^https?$/, error: "must be an http or https address" })
        .refine((url) => !url.endsWith("/"), { error: "must not end in a slash" })
        .optional(),
      /** Hosts that images may be fetched from besides the provider's known ones. */
      extraImageHosts: z.array(hostAndPort),
      /** The provider's quota of every model, per account and model; without it the registry's for each. */
      requestsPerMinute: quota.optional(),
      /** What one model has for itself, by its id. */
      models: z.record(z.string(), z.strictObject({ requestsPerMinute: quota })).optional(),
      /** How many requests may leave at once after an idle time. */
      burst: z.int().min(1).max(100),
      /** When the provider gives a call up. */
      timeoutSeconds: z.int().min(1).max(PROVIDER_LIMIT),
    }),
    /** Workers at once. SQS takes 2 or more. */
    workerConcurrency: z.int().min(2).max(1000),
    /**
     * Whether worker and relay have runs of Lambda for themselves, `workerConcurrency` and 10. Lambda refuses where
     * less than 100 would be left to the account's other functions.
     */
    reserveConcurrency: z.boolean(),
    owner: z.strictObject({
      /** Requests per minute that one owner may make. */
      requestsPerMinute: z.int().min(1),
      /** Generations that one owner may have queued or running: every new one counts them, page by page. */
      openGenerations: z.int().min(1).max(10_000),
    }),
    /** What may be spent in a calendar month (UTC), in the provider's currency; without a cap any amount. */
    budget: z
      .strictObject({ ownerMonthly: amount.optional(), environmentMonthly: amount.optional() })
      .optional(),
    /** How long an ended generation and its picture are kept. */
    retentionDays: z.int().min(1).max(3650),
    logRetentionDays: daysOfLogs,
    /** `iptc`: pictures say in their metadata that they were generated; `none`: files stay as they came. */
    marking: z.enum(["iptc", "none"]),
    /** What the table is encrypted with: a key that AWS owns (free), or the account's `aws/dynamodb` (billed, in CloudTrail). */
    tableKey: z.enum(["owned", "managed"]),
    /** Whether table, bucket and secrets outlive the stack. */
    keepData: z.boolean(),
    /**
     * Whether stack and table refuse to be deleted. Set once the first deployment stands: one that fails has to be
     * deleted before it can be repeated.
     */
    deletionProtection: z.boolean(),
    /** `key`: our API keys; `iam`: SigV4, checked by API Gateway. */
    authentication: z.enum(["key", "iam"]),
    /** How long an SDK of OpenAI waits with all its re-sends: what cannot start by then is refused at its door. */
    openaiPatienceSeconds: z.int().min(1).max(3600),
    /** Origins of web pages that may call the API; empty turns CORS off. */
    corsOrigins: z.array(
      z.url({ protocol: /^https?$/, error: "must be an origin such as https://example.com" }),
    ),
    /** Requests per second that API Gateway lets through, over all owners. */
    throttling: z.strictObject({ rate: z.number().positive(), burst: z.int().min(1) }),
    /** Alarms and a dashboard: the local emulator has no metrics to watch, and refuses alarms over more than one. */
    observed: z.boolean(),
    /** Who is told of alarms; each address has to confirm once. */
    alarmEmails: z.array(z.email()),
    /** Who is told of alarms of severity `high`, where that is somebody else. */
    pageEmails: z.array(z.email()).optional(),
    reconcilerMinutes: z.int().min(1).max(60),
    egress: z.discriminatedUnion("mode", [
      z.strictObject({ mode: z.literal("open") }),
      /** The worker may reach named hosts alone: see docs/egress.md. */
      z.strictObject({ mode: z.literal("allowlist"), network: networkSchema.optional() }),
    ]),
  })
  .superRefine(({ name, provider }, context) => {
    for (const { path, message } of registryFaults(provider))
      context.addIssue({ code: "custom", path: ["provider", ...path], message });
    if (name === "local") return;
    if (provider.baseUrl?.startsWith("http:"))
      context.addIssue({
        code: "custom",
        path: ["provider", "baseUrl"],
        message: "must be https outside the local environment",
      });
    for (const [index, host] of provider.extraImageHosts.entries())
      if (!hostName.safeParse(host).success)
        context.addIssue({
          code: "custom",
          path: ["provider", "extraImageHosts", index],
          message: "must be a host name without a port outside the local environment",
        });
  });

/** An environment whose values have been checked. */
export type Environment = z.infer<typeof environmentSchema>;
export type EnvironmentName = Environment["name"];

/** What the registry does not know of a provider's settings. */
function registryFaults({
  name,
  region,
  models = {},
}: {
  name: string;
  region: string;
  models?: Readonly<Record<string, unknown>> | undefined;
}): { path: string[]; message: string }[] {
  const regions = Object.keys(providerNamed(name)?.regions ?? {});
  if (!regions.includes(region)) return [{ path: ["region"], message: `must be ${regions.join(" or ")}` }];
  const { modelOf, models: offered } = offerOf({ name, region });
  return Object.keys(models)
    .filter((id) => modelOf(id) === null)
    .map((id) => ({
      path: ["models", id],
      message: `is not offered in ${region}, only ${offered.map((model) => model.id).join(", ")}`,
    }));
}

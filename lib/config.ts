import { type Environment, type EnvironmentName, environmentSchema } from "./environment-schema.ts";
import { LOCAL_PROVIDER, localVariables, type Variables } from "./local-variables.ts";

/** What `dev`, `staging` and `prod` have in common until one of them says otherwise. */
const deployed = {
  provider: {
    name: "dashscope",
    region: "sg",
    extraImageHosts: [],
    // Quotas are the registry's, for a whole account. Name another for a model in `models`, or `requestsPerMinute` for
    // all of them, only after `GET {base}/api/v1/quotas` says more.
    burst: 1,
    timeoutSeconds: 298,
  },
  workerConcurrency: 12,
  reserveConcurrency: false,
  owner: { requestsPerMinute: 60, openGenerations: 1000 },
  retentionDays: 90,
  logRetentionDays: 90,
  marking: "iptc",
  tableKey: "owned",
  keepData: true,
  deletionProtection: false,
  authentication: "key",
  // Three sends, as the SDKs do by default, of 25 s each.
  openaiPatienceSeconds: 75,
  corsOrigins: [],
  throttling: { rate: 50, burst: 100 },
  observed: true,
  alarmEmails: [],
  reconcilerMinutes: 5,
  egress: { mode: "open" },
} as const satisfies Omit<Environment, "name">;

/** The environments: one table. Only `local` listens to the shell. */
const environments: Record<EnvironmentName, (variables: Variables) => unknown> = {
  local: (variables) => {
    const shell = localVariables(variables);
    return {
      ...deployed,
      provider: {
        name: LOCAL_PROVIDER,
        region: shell.DASHSCOPE_REGION,
        baseUrl: shell.DASHSCOPE_BASE_URL,
        extraImageHosts: shell.DASHSCOPE_IMAGE_HOSTS,
        requestsPerMinute: shell.PROVIDER_REQUESTS_PER_MINUTE,
        burst: shell.PROVIDER_BURST,
        timeoutSeconds: shell.PROVIDER_TIMEOUT_SECONDS,
      },
      workerConcurrency: shell.WORKER_CONCURRENCY,
      owner: {
        requestsPerMinute: shell.OWNER_REQUESTS_PER_MINUTE,
        openGenerations: shell.OWNER_OPEN_GENERATIONS,
      },
      budget: {
        ownerMonthly: shell.OWNER_MONTHLY_BUDGET,
        environmentMonthly: shell.ENVIRONMENT_MONTHLY_BUDGET,
      },
      retentionDays: 7,
      logRetentionDays: 7,
      keepData: false,
      observed: false,
      throttling: { rate: 5000, burst: 5000 },
      reconcilerMinutes: shell.RECONCILER_MINUTES,
    };
  },
  dev: () => ({ ...deployed, retentionDays: 14, logRetentionDays: 30, keepData: false }),
  staging: () => ({ ...deployed, retentionDays: 30 }),
  prod: () => ({ ...deployed, logRetentionDays: 365 }),
};

const known = environmentSchema.shape.name;
export const environmentNames: readonly EnvironmentName[] = known.options;

/**
 * The environment of a name, checked. Throws an error made for the operator: the names there are when this is none
 * of them, every field that is wrong when the table or the shell is at fault.
 */
export function environmentNamed(name: unknown, variables: Variables = process.env): Environment {
  const parsedName = known.safeParse(name);
  if (!parsedName.success) {
    throw new Error(
      `There is no environment ${JSON.stringify(name)}: say which with -c env=NAME, NAME being one of ${environmentNames.join(", ")}.`,
    );
  }
  return checked({ name: parsedName.data, ...Object(environments[parsedName.data](variables)) });
}

/** Checks a whole environment; throws with every field that is wrong. */
export function checked(environment: unknown): Environment {
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
  throw new Error(`The environment is not valid (lib/config.ts):\n${faults.join("\n")}`);
}

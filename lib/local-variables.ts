import * as z from "zod";
import { providerNamed } from "../lambdas/providers/registry.ts";
import { PROVIDER_LIMIT } from "./timeouts.ts";

/** Variables of the shell that called us. */
export type Variables = Readonly<Record<string, string | undefined>>;

const number = (minimum: number, maximum: number) =>
  z.coerce
    .number({ error: `must be a number from ${minimum} to ${maximum}` })
    .min(minimum, { error: `must be at least ${minimum}` })
    .max(maximum, { error: `must be at most ${maximum}` });

const wholeNumber = (minimum: number, maximum: number) =>
  number(minimum, maximum).int({ error: "must be a whole number" });

const hostWithPort = z
  .string()
  .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, { error: "must be a comma list of host or host:port, in lower case" });

const amount = z.string().regex(/^\d{1,9}(\.\d{1,6})?$/, { error: "must be an amount such as 100.00" });

/** The local environment's provider: its variables are named after it. */
export const LOCAL_PROVIDER = "dashscope";
const regions = Object.keys(providerNamed(LOCAL_PROVIDER)?.regions ?? {});

/** What the shell may change about the local environment, and only there: deployed ones are what the table says. */
const variablesSchema = z.object({
  DASHSCOPE_REGION: z.enum(regions, { error: `must be ${regions.join(" or ")}` }).default(regions[0] ?? ""),
  DASHSCOPE_BASE_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https address, such as http://127.0.0.1:8080" })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  DASHSCOPE_IMAGE_HOSTS: z
    .string()
    .transform((hosts) =>
      hosts
        .split(",")
        .map((host) => host.trim())
        .filter((host) => host !== ""),
    )
    .pipe(z.array(hostWithPort))
    .default([]),
  PROVIDER_REQUESTS_PER_MINUTE: number(0.1, 6000).default(120),
  PROVIDER_BURST: wholeNumber(1, 100).default(1),
  PROVIDER_TIMEOUT_SECONDS: wholeNumber(1, PROVIDER_LIMIT).default(PROVIDER_LIMIT),
  WORKER_CONCURRENCY: wholeNumber(2, 1000).default(10),
  OWNER_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000).default(6000),
  OWNER_OPEN_GENERATIONS: wholeNumber(1, 5000).default(5000),
  OWNER_MONTHLY_BUDGET: amount.optional(),
  ENVIRONMENT_MONTHLY_BUDGET: amount.optional(),
  RECONCILER_MINUTES: wholeNumber(1, 60).default(5),
});

/** The checked variables, defaults filled in. Throws one error that names every variable that is wrong. */
export function localVariables(variables: Variables): z.infer<typeof variablesSchema> {
  const parsed = variablesSchema.safeParse(givenOf(variables));
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error, variables).map((fault) => `  ${fault}`);
  throw new Error(`The local environment cannot be built:\n${faults.join("\n")}`);
}

/** What is wrong with the variables that the stack reads, each by name: none for those that it can be built from. */
export function localVariableFaults(variables: Variables): string[] {
  return faultsOf(variablesSchema.safeParse(givenOf(variables)).error, variables);
}

/** An empty variable is an absent one: `DASHSCOPE_REGION= npm start` means the default. */
export function givenOf(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ""));
}

/** What a schema of variables found wrong, each by name and with its value. */
export function faultsOf(error: z.ZodError | undefined, variables: Variables): string[] {
  return (error?.issues ?? []).map(
    ({ path: [name], message }) =>
      `${String(name)} ${message}; it is ${JSON.stringify(variables[String(name)])}`,
  );
}

import * as z from "zod";
import {
  faultsOf,
  givenOf,
  localVariableFaults,
  localVariables,
  type Variables,
} from "../../lib/local-variables.ts";
import { exitCode, Failure } from "../failure.ts";

const schema = z.object({
  LOCAL_PORT: z.coerce
    .number({ error: "must be a number" })
    .int({ error: "must be a whole number" })
    .min(1024, { error: "must be at least 1024" })
    .max(65_535, { error: "must be at most 65535" })
    .default(4566),
  AWS_ENDPOINT_URL: z
    .url({ protocol: /^https?$/, error: "must be an http address, such as http://127.0.0.1:4566" })
    .refine((url) => !/(^|\.)(amazonaws|amazonwebservices)\.com(\.cn)?$/.test(new URL(url).hostname), {
      error: "must be the address of a local emulator, not of AWS",
    })
    // `localhost` would make S3 clients put the bucket's name in front of it.
    .transform((url) => url.replace(/\/+$/, "").replace("//localhost", "//127.0.0.1"))
    .optional(),
  AWS_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: "must be the name of an AWS region, such as us-east-1" })
    .default("us-east-1"),
});

/** What the shell says about the local cloud, checked. */
export interface LocalSettings {
  readonly port: number;
  /** Where the shell says that an emulator is. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly provider: {
    readonly key: string | undefined;
    readonly region: string;
    readonly baseUrl: string | undefined;
    readonly imageHosts: readonly string[];
    readonly requestsPerMinute: number;
  };
}

/** Reads the shell's variables. Throws a `Failure` that names each one that is wrong. */
export function localSettings(variables: Variables): LocalSettings {
  const given = givenOf(variables);
  const parsed = schema.safeParse({
    ...given,
    AWS_REGION: given["AWS_REGION"] ?? given["AWS_DEFAULT_REGION"],
  });
  // The stack reads its variables itself; asking first spares a deployment that cannot work.
  const faults = [...faultsOf(parsed.error, variables), ...localVariableFaults(variables)];
  if (!parsed.success || faults.length > 0)
    throw new Failure(faults.join("\n  "), { exitCode: exitCode.wrongUse });
  const stack = localVariables(variables);
  return {
    port: parsed.data.LOCAL_PORT,
    endpoint: parsed.data.AWS_ENDPOINT_URL,
    region: parsed.data.AWS_REGION,
    provider: {
      key: given["DASHSCOPE_API_KEY"]?.trim() || undefined,
      region: stack.DASHSCOPE_REGION,
      baseUrl: stack.DASHSCOPE_BASE_URL,
      imageHosts: stack.DASHSCOPE_IMAGE_HOSTS,
      requestsPerMinute: stack.PROVIDER_REQUESTS_PER_MINUTE,
    },
  };
}

import { devNull } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Variables } from "../../lib/local-variables.ts";

/** The folder of the project, without a slash at the end. */
export const projectDirectory = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** Where commands find and leave what belongs to the local service: in the project, unless LOCAL_DIRECTORY names another folder. */
export const localDirectory = resolve(projectDirectory, process.env["LOCAL_DIRECTORY"] || ".local");

/** Any value will do for an emulator; none of them means anything to AWS. */
export const emulatorCredentials = { accessKeyId: "test", secretAccessKey: "test" } as const;

/** A search path on which `node` is the project's own, whatever version the machine has. */
export function searchPath(variables: Variables): string {
  return [join(projectDirectory, "node_modules", ".bin"), variables["PATH"] ?? ""].join(delimiter);
}

/** Proxies must not come between programs of this machine. */
export function aroundProxies(variables: Variables): Variables {
  const names = [variables["NO_PROXY"] ?? variables["no_proxy"], "127.0.0.1", "localhost"];
  const value = names.filter((name) => name !== undefined && name !== "").join(",");
  return { NO_PROXY: value, no_proxy: value };
}

/** What a program gets that only needs a place in the world: no key, no token, nobody's settings. */
export function plainVariables(variables: Variables): Variables {
  const names = ["HOME", "USER", "LANG", "LC_ALL", "TZ", "TERM", "SYSTEMROOT"];
  const kept = names.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]]));
  return { ...Object.fromEntries(kept), PATH: searchPath(variables) };
}

/**
 * The shell's variables for programs that talk to AWS, changed so that they reach the emulator and cannot reach AWS:
 * no profile, no credentials, no other endpoint. The provider's key is left out, as a deployment never needs it.
 */
export function emulatorVariables(variables: Variables, endpoint: string, region: string): Variables {
  const kept = Object.entries(variables).filter(([name]) => !/^(AWS_|CDK_|DASHSCOPE_API_KEY$)/i.test(name));
  return {
    ...Object.fromEntries(kept),
    ...aroundProxies(variables),
    PATH: searchPath(variables),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: emulatorCredentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: emulatorCredentials.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
    CDK_DISABLE_VERSION_CHECK: "1",
    CDK_DISABLE_CLI_TELEMETRY: "true",
  };
}

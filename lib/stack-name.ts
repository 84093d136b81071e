import type { EnvironmentName } from "./environment-schema.ts";

/** The name of an environment's stack, in a module that loads no CDK: the command line asks for it too. */
export function stackName(environment: EnvironmentName): string {
  return `image-service-${environment}`;
}

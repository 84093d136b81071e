import { InvalidArgumentError, Option } from "commander";
import { type EnvironmentName, environmentSchema } from "../lib/environment-schema.ts";

const names = environmentSchema.shape.name;

/** `--env NAME`, of the environments there are. */
export function environmentOption(): Option {
  return new Option("--env <name>", `environment: ${names.options.join(", ")}`)
    .default("local")
    .argParser(environmentName);
}

/** The environment of a name. Throws commander's own error, which ends as wrong use. */
export function environmentName(text: string): EnvironmentName {
  const { data } = names.safeParse(text);
  if (data === undefined) throw new InvalidArgumentError(`It is one of ${names.options.join(", ")}.`);
  return data;
}

import type * as z from "zod";
import { IN_OUR_WORDS } from "./fault-words.ts";
import { type Fault, InvalidInput } from "./service-error.ts";

/** Parses by a schema, or throws InvalidInput with a pointer per fault below `root`. */
export function parseOrThrow<Output>(schema: z.ZodType<Output>, value: unknown, root = "#"): Output {
  const result = schema.safeParse(value, IN_OUR_WORDS);
  if (result.success) return result.data;
  throw new InvalidInput(faultsOf(result.error, root));
}

/** Every fault that a schema found in what was parsed `IN_OUR_WORDS`, with its pointer below `root`. */
export function faultsOf(error: z.ZodError | undefined, root = "#"): Fault[] {
  return (error?.issues ?? []).flatMap((issue) => faults(issue, root));
}

function faults(issue: z.core.$ZodIssue, root: string): Fault[] {
  if (issue.code === "unrecognized_keys") {
    const details = issue.message.split("\n");
    return issue.keys.map((key, index) => ({
      pointer: pointer(root, [...issue.path, key]),
      detail: details[index] ?? "is not a known field",
    }));
  }
  const messages =
    issue.code === "invalid_key" ? issue.issues.map(({ message }) => message) : [issue.message];
  return messages.map((detail) => ({ pointer: pointer(root, issue.path), detail }));
}

function pointer(root: string, path: readonly PropertyKey[]): string {
  const steps = path.map((step) =>
    encodeURI(String(step).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")),
  );
  return [root, ...steps].join("/");
}

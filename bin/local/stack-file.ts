import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const schema = z.object({
  /** Ends in `/v1`; paths are appended to it. */
  api_url: z.string().endsWith("/v1"),
  api_key: z.string(),
  aws_endpoint: z.string(),
  region: z.string(),
  table_name: z.string(),
  bucket_name: z.string(),
  queue_url: z.string(),
  dead_letter_queue_url: z.string(),
  secret_arn: z.string(),
  task_function_name: z.string(),
  worker_function_name: z.string(),
  state_machine_arns: z.array(z.string()),
  event_bus_name: z.string(),
  provider_base_url: z.string(),
});

/** Where everything of the local service is: what other programs on this machine read. */
export type StackFile = z.infer<typeof schema>;

export const stackFilePath = (directory: string): string => join(directory, "stack.json");

/** The stack of a folder; undefined when none is ready. Throws when the file is not what we write. */
export function readStackFile(directory: string): StackFile | undefined {
  let text: string;
  try {
    text = readFileSync(stackFilePath(directory), "utf8");
  } catch {
    return undefined;
  }
  return schema.parse(JSON.parse(text));
}

/** Writes the file in one go, readable by its owner alone, as it holds a key. */
export function writeStackFile(directory: string, stack: StackFile): void {
  const path = stackFilePath(directory);
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(schema.parse(stack), null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

export function removeStackFile(directory: string): void {
  rmSync(stackFilePath(directory), { force: true });
}

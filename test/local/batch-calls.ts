import { randomUUID } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type ResultLine, resultLine } from "../../lambdas/batches/result-line.ts";
import type { BatchView } from "../../lambdas/batches/view.ts";
import { aws, call, stack, until } from "./harness.ts";

const OWNER = "local";

/** Asks for a batch. */
export async function createBatch(json: unknown, headers: Record<string, string> = {}) {
  const { status, headers: answered, body } = await call("/batches", { json, headers });
  return { status, headers: answered, batch: body as unknown as BatchView };
}

/** Reads a batch until it is what is waited for. */
export async function batchThat(id: string, is: (batch: BatchView) => boolean): Promise<BatchView> {
  let latest: unknown;
  const look = async () => {
    const { status, body } = await call(`/batches/${id}`);
    latest = body;
    const batch = body as unknown as BatchView;
    return status === 200 && is(batch) && batch;
  };
  try {
    return await until(id, look, 100_000);
  } catch (error) {
    throw new Error(`${id} is still ${JSON.stringify(latest)}`, { cause: error });
  }
}

/** Waits for the end of a batch. */
export const done = (id: string) => batchThat(id, ({ completed_at }) => completed_at !== null);

/** Puts a manifest there with the credentials of the account. */
export async function upload(text: string | Uint8Array): Promise<{ bucket: string; key: string }> {
  const key = `manifests/${OWNER}/${randomUUID()}`;
  await aws.bucket.send(new PutObjectCommand({ Bucket: stack.bucket_name, Key: key, Body: text }));
  return { bucket: stack.bucket_name, key };
}

/** What the results of a batch that has ended say, by their presigned address. */
export async function resultsOf({ results }: BatchView): Promise<ResultLine[]> {
  const response = await fetch(results?.url ?? "");
  const text = await response.text();
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => resultLine.parse(JSON.parse(line)));
}

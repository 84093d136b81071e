import { randomUUID } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { ListQueuesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, test } from "vitest";
import { batchId } from "../../lambdas/platform/ids.ts";
import { addFault } from "../support/fault-proxy/client.ts";
import type { Fault } from "../support/fault-proxy/faults.ts";
import { batchThat, createBatch, done, resultsOf, upload } from "./batch-calls.ts";
import { aws, call, callsFor, proxyUrl, stack, uniquePrompt, until } from "./harness.ts";

const REFUSED = "[[error:400:DataInspectionFailed]]";

// A message comes back after seconds: the deployed time is for an expander that may run two minutes.
beforeAll(async () => {
  const { QueueUrls = [] } = await aws.queue.send(new ListQueuesCommand({}));
  for (const QueueUrl of QueueUrls.filter((url) => /ExpansionsQueue/.test(url)))
    await aws.queue.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: "5" } }));
});

/** A batch whose lines have ended, and its results. */
async function ended(manifest: { bucket: string; key: string }) {
  const { status, batch } = await createBatch({ manifest });
  expect(status).toBe(202);
  const read = await done(batch.id);
  return { batch: read, results: await resultsOf(read) };
}

describe("the results of a batch", () => {
  test("of JSON lines say of each line what it came to, and where its picture is", async () => {
    const prompt = uniquePrompt();
    const lines = [`${prompt} 1`, `${prompt} ${REFUSED}`, `${prompt} 3`].map((text) => ({ prompt: text }));
    const { batch, results } = await ended(
      await upload(["{", ...lines.map((line) => JSON.stringify(line))].join("\n")),
    );

    expect(batch).toMatchObject({
      status: "completed",
      counts: { total: 4, succeeded: 2, failed: 1, invalid: 1 },
    });
    expect(results).toMatchObject([
      { line: 1, status: "invalid", id: null, error: { code: "invalid_request" } },
      { line: 2, status: "succeeded", cost: "0.075", billed: "yes", error: null },
      { line: 3, status: "failed", cost: "0", billed: "no", error: { code: "content_rejected" } },
      { line: 4, status: "succeeded" },
    ]);
    const { Body } = await aws.bucket.send(
      new GetObjectCommand({ Bucket: results[1]?.bucket ?? "", Key: results[1]?.key ?? "" }),
    );
    expect((await Body?.transformToByteArray())?.subarray(1, 4)).toEqual(new Uint8Array([0x50, 0x4e, 0x47]));
    const listed = await call(`/generations?batch=${batch.id}`);
    const generations = listed.body["data"] as { id: string; batch: unknown }[];
    expect(generations.map(({ id }) => id)).toEqual([4, 3, 2].map((line) => results[line - 1]?.id));
    expect(generations[0]?.batch).toEqual({ id: batch.id, line: 4, custom_id: null });
    const failed = await call(`/generations?batch=${batch.id}&status=failed`);
    expect(failed.body["data"]).toMatchObject([{ id: results[2]?.id }]);
  });

  test("of CSV, handed in with nothing but an API key, keep the caller's names", async () => {
    const prompt = uniquePrompt();
    const csv = `\ufeffprompt,size,custom_id,metadata.order\r\n"${prompt}, ""red"",\r\non wood",1328x1328,mug-1,7\r\n${prompt},9*9,mug-2,\r\n`;
    const bytes = Buffer.byteLength(csv);
    const place = await call("/batches/manifests", { json: { bytes } });
    expect(place.status).toBe(201);
    expect(String(place.body["key"])).toMatch(/^manifests\/local\//);
    const put = await fetch(String(place.body["url"]), { method: "PUT", body: csv });
    expect(put.status).toBe(200);

    const { bucket, key } = place.body as unknown as { bucket: string; key: string };
    const { results } = await ended({ bucket, key });

    expect(results).toMatchObject([
      { line: 2, custom_id: "mug-1", status: "succeeded" },
      { line: 4, custom_id: "mug-2", status: "invalid", error: { errors: [{ pointer: "#/size" }] } },
    ]);
    const made = await call(`/generations/${results[0]?.id}`);
    expect(made.body).toMatchObject({
      input: { prompt: `${prompt}, "red",\r\non wood`, size: "1328*1328" },
      metadata: { order: "7" },
      batch: { line: 2, custom_id: "mug-1" },
    });
  });

  test("of OpenAI's lines keep their names too", async () => {
    const prompt = uniquePrompt();
    const line = (custom_id: string, url: string, body: object) =>
      JSON.stringify({ custom_id, method: "POST", url, body });
    const { results } = await ended(
      await upload(
        [
          line("a", "/v1/images/generations", { model: "qwen-image-max", prompt, size: "auto" }),
          line("b", "/v1/chat/completions", { model: "qwen-image-max" }),
          line("c", "/v1/generations", { prompt: `${prompt} c`, seed: 7 }),
        ].join("\n"),
      ),
    );
    expect(results.map(({ custom_id, status }) => [custom_id, status])).toEqual([
      ["a", "succeeded"],
      ["b", "invalid"],
      ["c", "succeeded"],
    ]);
  });

  test("are none of a file that is no manifest, and the batch says what to do", async () => {
    const { batch } = await createBatch({
      manifest: await upload(Buffer.from("\ufeffprompt\na", "utf16le")),
    });
    expect(await done(batch.id)).toMatchObject({
      status: "failed",
      results: null,
      error: { code: "invalid_request", message: "The manifest is in UTF-16. Save it as UTF-8." },
    });
  });

  const crashes: [
    step: string,
    action: Fault["action"],
    call: (id: string) => Pick<Fault, "operation" | "body">,
  ][] = [
    [
      "its checkpoint, before",
      "kill-before",
      (id) => ({ operation: "DynamoDB.PutItem", body: `"id":{"S":"${id}"}` }),
    ],
    [
      "its checkpoint, after",
      "kill-after",
      (id) => ({ operation: "DynamoDB.PutItem", body: `"id":{"S":"${id}"}` }),
    ],
    [
      "the results, before",
      "kill-before",
      (id) => ({ operation: "DynamoDB.PutItem", body: `results/local/${id}` }),
    ],
    [
      "the results, after",
      "kill-after",
      (id) => ({ operation: "DynamoDB.PutItem", body: `results/local/${id}` }),
    ],
  ];
  test.concurrent.for(crashes)("are complete though the expander dies at %s", async ([, action, of]) => {
    const prompt = uniquePrompt();
    const key = randomUUID();
    const fault = await addFault(proxyUrl, { caller: "expander", action, ...of(batchId("local", key)) });
    const { batch } = await createBatch(
      { items: [{ prompt }, { prompt: `${prompt} ${REFUSED}` }] },
      { "idempotency-key": key },
    );
    const read = await done(batch.id);
    expect((await resultsOf(read)).map(({ line, status }) => [line, status])).toEqual([
      [1, "succeeded"],
      [2, "failed"],
    ]);
    expect(await fault.struck()).toBe(1);
    expect(await callsFor(prompt)).toHaveLength(2);
  });
});

describe("a batch that is canceled", () => {
  test("in the middle ends what is queued, finishes what is running, and paints nothing more", async () => {
    const prompt = uniquePrompt("[[latency:1500]]");
    const items = Array.from({ length: 60 }, (_, index) => ({ prompt: `${prompt} ${index}` }));
    const { batch } = await createBatch({ items });
    await until("a call", async () => (await callsFor(prompt)).length > 0);

    const canceled = await call(`/batches/${batch.id}/cancel`, { method: "POST" });
    const again = await call(`/batches/${batch.id}/cancel`, { method: "POST" });
    const read = await done(batch.id);
    const late = await call(`/batches/${batch.id}/cancel`, { method: "POST" });

    expect([canceled.status, again.status, late.status]).toEqual([200, 200, 200]);
    expect(canceled.body["canceled_at"]).toBe(read.canceled_at);
    expect(late.body["status"]).toBe("canceled");
    expect(read.status).toBe("canceled");
    expect(read.counts.canceled).toBeGreaterThan(0);
    expect(read.counts.succeeded).toBeGreaterThan(0);
    expect(read.counts.canceled + read.counts.succeeded).toBe(60);
    const results = await resultsOf(read);
    expect(results.filter(({ status }) => status === "canceled").every(({ billed }) => billed === "no")).toBe(
      true,
    );
    expect(await callsFor(prompt)).toHaveLength(read.counts.succeeded);
  });

  test("is not another owner's, nor one that is not there", async () => {
    expect((await call("/batches/bat_00000000000000000000000000/cancel", { method: "POST" })).status).toBe(
      404,
    );
  });
});

test("batches are listed newest first, page by page", async () => {
  const made: string[] = [];
  for (let index = 0; index < 3; index++)
    made.unshift((await createBatch({ items: [{ prompt: uniquePrompt() }] })).batch.id);
  const first = await until("three", async () => {
    const page = await call("/batches?limit=2");
    return (page.body["data"] as { id: string }[])[0]?.id === made[0] && page;
  });
  expect((first.body["data"] as { id: string }[]).map(({ id }) => id)).toEqual(made.slice(0, 2));
  const link = /<(.*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
  const second = await call(link.replace(stack.api_url, ""));
  expect((second.body["data"] as { id: string }[])[0]?.id).toBe(made[2]);
  for (const id of made) await batchThat(id, ({ status }) => status === "completed");
});

import { randomUUID } from "node:crypto";
import { UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, test } from "vitest";
import { keyOf, lineKey } from "../../../lambdas/generations/item.ts";
import { HELD_MODEL, hold } from "../../support/pacer-hold.ts";
import { aws, callsFor, stack, uniquePrompt } from "../harness.ts";
import { ASYNC, ask, idOf, painted } from "./api.ts";
import { CODES } from "./tables.ts";

describe.concurrent("an end without a picture", () => {
  test.each([
    ["content_rejected", "no", "[[error:400:DataInspectionFailed]]", 1],
    ["provider_rejected", "no", "[[error:400:InvalidParameter]]", 1],
    ["provider_unavailable", "no", "[[error:500:InternalError]]", 3],
    ["upstream_outcome_unknown", "unknown", "[[fault:reset]]", 1],
    ["image_unavailable", "yes", "[[fault:image-expired]]", 1],
  ])("is the problem %s, billed: %s", async (code, billed, marker, submissions) => {
    const prompt = uniquePrompt(marker);
    const told = await ask("/generations", { json: { prompt } });

    expect(told).toMatchObject({ status: CODES[code], body: { code, billed } });
    expect(told.headers.has("retry-after")).toBe(false);
    expect(await callsFor(prompt)).toHaveLength(submissions);
    const read = await ask(String(told.body["instance"]).replace("/v1", ""));
    expect(read.body).toMatchObject({ status: "failed", error: { code, billed }, usage: { billed } });
  });

  // Other operator's faults stop the queue until they are mended; a model that is withdrawn never comes back.
  test("is provider_misconfigured for a model that is withdrawn while it waits", async () => {
    const key = { "idempotency-key": randomUUID() };
    const json = { prompt: uniquePrompt(), model: HELD_MODEL };
    // Longer than a busy machine takes to start the api function.
    await hold(aws.table, stack.table_name, 15_000);
    const id = idOf(await painted({ ...key, ...ASYNC }, json));
    await aws.table.send(
      new UpdateCommand({
        TableName: stack.table_name,
        Key: keyOf(id),
        UpdateExpression: "SET #model = :model, line = :line",
        ExpressionAttributeNames: { "#model": "model" },
        ExpressionAttributeValues: { ":model": "withdrawn", ":line": lineKey("interactive", "withdrawn") },
      }),
    );

    const told = await painted(key, json);

    expect(told).toMatchObject({ status: 502, body: { code: "provider_misconfigured", billed: "no" } });
    expect(told.headers.get("idempotent-replayed")).toBe("true");
    expect(told.body).not.toHaveProperty("provider");
    expect((await ask(`/generations/${id}`)).body).toMatchObject({
      status: "failed",
      error: { code: "provider_misconfigured", billed: "no", provider: null },
    });
    expect(await callsFor(json.prompt)).toEqual([]);
  });
});

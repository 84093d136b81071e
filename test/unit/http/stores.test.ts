import { ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { plan } from "../../../lambdas/generations/create.ts";
import { toItem } from "../../../lambdas/generations/item.ts";
import { createListing, positionOf } from "../../../lambdas/generations/listing.ts";
import { parseCreateRequest } from "../../../lambdas/generations/request.ts";
import { cursorSecret } from "../../../lambdas/http/cursor.ts";
import { createRequestLimits } from "../../../lambdas/http/request-limits.ts";
import { createLedgerStore, ledgerKey } from "../../../lambdas/openai/ledger-table.ts";
import { documents as client } from "../../../lambdas/platform/clients/documents.ts";
import { offer, quotaOf, schema } from "../../support/generations.ts";

const table = mockClient(DynamoDBDocumentClient);
const now = () => Date.parse("2026-03-01T12:00:30.000Z");

beforeEach(() => {
  table.reset();
});

function generation(owner = "alice") {
  const request = parseCreateRequest(schema, { prompt: "a fox" });
  return plan(
    { request, owner, lane: "interactive", idempotencyKey: null },
    { offer, quotaOf, now, random: () => 0.5 },
  );
}

const everything = {
  owner: "alice",
  status: null,
  createdAfter: null,
  createdBefore: null,
  after: null,
  limit: 2,
} as const;

describe("a page of an owner's list", () => {
  const listing = createListing(client, "table");
  const keysOf = (...some: ReturnType<typeof generation>[]) =>
    some.map((each) => ({ pk: `generation#${each.id}`, created: positionOf(each) }));

  test("costs one query of the page's length and one batch, however many records there are", async () => {
    const [one, two, three] = [generation(), generation(), generation()];
    table.on(QueryCommand).resolves({ Items: keysOf(one, two, three) });
    table.on(BatchGetCommand).resolves({ Responses: { table: [toItem(two, 30), toItem(one, 30)] } });
    const page = await listing.page(everything);
    expect(page.generations.map(({ id }) => id)).toEqual([one.id, two.id]);
    expect(page.next).toBe(positionOf(two));
    expect(table.commandCalls(QueryCommand)[0]?.args[0].input).toMatchObject({
      IndexName: "by_owner",
      Limit: 3,
      ScanIndexForward: false,
    });
    expect(table.commandCalls(BatchGetCommand)).toHaveLength(1);
  });

  test("goes on from a position within the same list", async () => {
    const last = generation();
    table.on(QueryCommand).resolves({ Items: [] });
    const page = await listing.page({ ...everything, status: "queued", after: positionOf(last) });
    expect(page).toEqual({ generations: [], next: null });
    expect(table.commandCalls(QueryCommand)[0]?.args[0].input.ExclusiveStartKey).toEqual({
      pk: `generation#${last.id}`,
      owner_status: "alice#queued",
      created: positionOf(last),
    });
    expect(table.commandCalls(BatchGetCommand)).toHaveLength(0);
  });

  test("asks again for what the table left out, and hides no list behind a record that it cannot read", async () => {
    const [one, newer, two] = [generation(), generation(), generation()];
    table.on(QueryCommand).resolves({ Items: keysOf(one, newer, two) });
    table
      .on(BatchGetCommand)
      .resolvesOnce({
        Responses: { table: [{ pk: `generation#${one.id}` }, { ...toItem(newer, 30), schema: 2 }] },
        UnprocessedKeys: { table: { Keys: [{ pk: `generation#${two.id}` }] } },
      })
      .resolves({ Responses: { table: [toItem(two, 30)] } });
    const page = await listing.page({ ...everything, limit: 3 });
    expect(page.generations.map(({ id }) => id)).toEqual([two.id]);
  });

  test("shows nothing under a status that it has left since the index was written", async () => {
    const one = generation();
    table.on(QueryCommand).resolves({ Items: keysOf(one) });
    table.on(BatchGetCommand).resolves({ Responses: { table: [toItem(one, 30)] } });
    expect((await listing.page({ ...everything, status: "running" })).generations).toEqual([]);
  });

  test("goes on after a page that the table ended early for its size", async () => {
    const one = generation();
    table.on(QueryCommand).resolves({ Items: keysOf(one), LastEvaluatedKey: { pk: `generation#${one.id}` } });
    table.on(BatchGetCommand).resolves({ Responses: { table: [toItem(one, 30)] } });
    expect((await listing.page(everything)).next).toBe(positionOf(one));
  });

  test("counts what is open over all of the table's pages, up to the bound", async () => {
    const LastEvaluatedKey = { pk: "generation#x" };
    table
      .on(QueryCommand)
      .resolvesOnce({ Count: 7000, LastEvaluatedKey })
      .resolves({ Count: 2000, LastEvaluatedKey });
    expect(await listing.countOpen("alice", "batch", 9000)).toBe(9000);
    expect(table.commandCalls(QueryCommand).map(({ args }) => args[0].input)).toMatchObject([
      { Limit: 9000 },
      { Limit: 2000, ExclusiveStartKey: LastEvaluatedKey },
    ]);
  });

  test("asks nothing for a span of time that is none", async () => {
    expect(await listing.page({ ...everything, createdAfter: now(), createdBefore: now() })).toEqual({
      generations: [],
      next: null,
    });
    expect(table.calls()).toHaveLength(0);
  });
});

test("a request is counted by one atomic write to an item that soon goes away by itself", async () => {
  table.on(UpdateCommand).resolves({ Attributes: { requests: 3, expires_at: 1 } });
  const count = await createRequestLimits(client, "table", now).count("alice");
  expect(count).toEqual({ used: 3, resetsAt: Date.parse("2026-03-01T12:01:00.000Z") });
  expect(table.commandCalls(UpdateCommand)[0]?.args[0].input.Key).toEqual({ pk: "requests#alice#29539440" });
});

describe("the secret of the cursors", () => {
  const conflict = new ConditionalCheckFailedException({ $metadata: {}, message: "it exists" });

  test("is read once per process", async () => {
    table.on(GetCommand).resolves({ Item: { pk: "cursor-key", secret: "AAAA" } });
    const key = cursorSecret(client, "table");
    expect(await key()).toEqual(await key());
    expect(table.calls()).toHaveLength(1);
  });

  test("is the one that came first, when two make it at once", async () => {
    table
      .on(GetCommand)
      .resolvesOnce({})
      .resolves({ Item: { pk: "cursor-key", secret: "AAAA" } });
    table.on(PutCommand).rejects(conflict);
    expect(Buffer.from(await cursorSecret(client, "table")()).toString("base64")).toBe("AAAA");
  });
});

describe("the entries of a request that may be sent again", () => {
  const ledger = createLedgerStore(client, { table: "table", retentionDays: 30 });
  const nothing = { entries: [], version: 0, expiresAt: 0 };
  const entry = {
    generation_id: "gen_1",
    by_resend: true,
    started_at: 7,
    attended_until: 7,
    retry_count: 0,
    delivered_at: null,
  };
  const canceled = (...codes: string[]) =>
    new TransactionCanceledException({
      $metadata: {},
      message: "canceled",
      CancellationReasons: codes.map((Code) => ({ Code })),
    });
  const written = () => table.commandCalls(TransactWriteCommand)[0]?.args[0].input.TransactItems ?? [];

  test("are written together with the generation that one of them starts", async () => {
    table.on(TransactWriteCommand).resolves({});
    const started = generation();
    expect(await ledger.save("k", [entry], nothing, started)).toBe(true);
    expect(written().map(({ Put }) => Put?.Item?.["pk"])).toEqual(["resend#k", `generation#${started.id}`]);
    expect(written()[0]?.Put).toMatchObject({
      Item: {
        wishes: [entry],
        version: 1,
        expires_at: Math.ceil(Date.parse(started.deadline) / 1000) + 3600,
      },
      ConditionExpression: "attribute_not_exists(version)",
    });
  });

  test("are written over those that were seen, and expire no sooner", async () => {
    table.on(TransactWriteCommand).resolves({});
    await ledger.save("k", [entry], { entries: [], version: 4, expiresAt: 9_999_999_999 }, generation());
    expect(written()[0]?.Put).toMatchObject({
      Item: { version: 5, expires_at: 9_999_999_999 },
      ConditionExpression: "version = :previous",
      ExpressionAttributeValues: { ":previous": 4 },
    });
  });

  test("are written by a transaction: its token makes the SDK's repetition the same write", async () => {
    table.on(TransactWriteCommand).resolves({});
    await ledger.save("k", [entry], nothing);
    expect(written()).toHaveLength(1);
    expect(table.calls()).toHaveLength(1);
  });

  test("are read as they were written, by this release and by the one before it", async () => {
    table
      .on(GetCommand)
      .resolvesOnce({})
      .resolvesOnce({ Item: { pk: "resend#k", wishes: [entry], version: 3, expires_at: 9 } })
      .resolvesOnce({
        Item: { pk: "resend#k", generation_id: "gen_1", by_resend: true, written_at: 7, expires_at: 9 },
      });
    expect([await ledger.find("k"), await ledger.find("k"), await ledger.find("k")]).toEqual([
      nothing,
      { entries: [entry], version: 3, expiresAt: 9 },
      { entries: [entry], version: 0, expiresAt: 9 },
    ]);
  });

  test("are another's when their condition does not hold", async () => {
    table.on(TransactWriteCommand).rejects(canceled("ConditionalCheckFailed", "None"));
    expect(await ledger.save("k", [entry], nothing, generation())).toBe(false);
  });

  test("are sent again while another write of the same items is under way", async () => {
    table.on(TransactWriteCommand).rejectsOnce(canceled("TransactionConflict", "None")).resolves({});
    expect(await ledger.save("k", [entry], nothing, generation())).toBe(true);
    expect(table.calls()).toHaveLength(2);
  });

  test.each([[["ThrottlingError", "None"]], [["None", "None"]]])(
    "are a failure when it says %j",
    async (codes) => {
      table.on(TransactWriteCommand).rejects(canceled(...codes));
      await expect(ledger.save("k", [entry], nothing, generation())).rejects.toThrow("canceled");
    },
  );

  test("depend on owner, key and every byte of the body", () => {
    const keys = [
      ledgerKey({ owner: "a", keyId: "1" }, Buffer.from("x")),
      ledgerKey({ owner: "b", keyId: "1" }, Buffer.from("x")),
      ledgerKey({ owner: "a", keyId: "2" }, Buffer.from("x")),
      ledgerKey({ owner: "a", keyId: "1" }, Buffer.from("x ")),
      ledgerKey({ owner: "a1", keyId: "" }, Buffer.from("x")),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});

import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, test } from "vitest";
import { createApiKeyStore } from "../../lambdas/api-keys/table.ts";
import { toItem } from "../../lambdas/generations/item.ts";
import { createListing } from "../../lambdas/generations/listing.ts";
import type { EndedGeneration, Generation } from "../../lambdas/generations/record.ts";
import { cancel } from "../../lambdas/generations/transitions/queued.ts";
import { refuse } from "../../lambdas/generations/transitions/refuse.ts";
import { timestamp } from "../../lambdas/platform/clock.ts";
import { idForKey } from "../../lambdas/platform/ids.ts";
import { DescribedApi, type Told } from "../support/described-api.ts";
import { painted, queued, submitting, succeeded } from "../support/generations.ts";
import { aws, stack } from "./harness.ts";

const api = await DescribedApi.at(stack.api_url, stack.api_key);
const START = Date.now() - 3_600_000;

/** Generations of an owner that ended long ago, as everybody knows, a second apart, oldest first. */
function history(owner: string, count: number): EndedGeneration[] {
  return Array.from({ length: count }, (_, index) => ({ ...ended(owner, index), announced: true }));
}

function ended(owner: string, index: number): EndedGeneration {
  const now = START + index * 1000;
  const key = `order-${index}`;
  const accepted = { ...queued({ now }), id: idForKey(owner, key), owner, idempotency_key: key };
  const claimed = submitting(accepted, accepted.id, now);
  if (index % 10 === 0) return cancel(accepted, now);
  if (index % 10 === 1)
    return refuse(claimed, { now, code: "content_rejected", message: "No.", provider: null });
  return succeeded(painted(claimed, now), now);
}

async function write(generations: readonly Generation[]): Promise<void> {
  for (let at = 0; at < generations.length; at += 25) {
    const requests = generations
      .slice(at, at + 25)
      .map((generation) => ({ PutRequest: { Item: toItem(generation, 7) } }));
    await aws.table.send(new BatchWriteCommand({ RequestItems: { [stack.table_name]: requests } }));
  }
}

const idsIn = ({ body }: Told): string[] => (body["data"] as { id: string }[]).map(({ id }) => id);

describe("a list of 120 generations", () => {
  const owner = `lister-${randomUUID()}`;
  const all = history(owner, 120);
  const newestFirst = (some: readonly EndedGeneration[]) => some.map(({ id }) => id).reverse();
  let list: (query: string) => Promise<Told>;
  beforeAll(async () => {
    const { key } = await createApiKeyStore(aws.table, stack.table_name, Date.now).create(owner);
    list = (query) => api.ask(`/generations${query}`, { key });
    await write(all);
  });

  /** All pages, by the `Link` header of each. */
  async function pages(query: string): Promise<string[][]> {
    const found: string[][] = [];
    for (let next: string | undefined = query; next !== undefined; ) {
      const told = await list(next);
      expect(told.status).toBe(200);
      found.push(idsIn(told));
      const header = told.headers.get("link") ?? "";
      const here = `<${stack.api_url}/generations`;
      const link = header.startsWith(here)
        ? /^(\?[^>]+)>; rel="next"$/.exec(header.slice(here.length))?.[1]
        : undefined;
      expect([told.body["has_more"], told.headers.has("link")]).toEqual([
        link !== undefined,
        link !== undefined,
      ]);
      if (link !== undefined) expect(new URLSearchParams(link).get("after")).toBe(told.body["next_cursor"]);
      else expect(told.body["next_cursor"]).toBeNull();
      next = link;
    }
    return found;
  }

  test("pages newest first, 20 at a time unless told, without a gap or a repetition", async () => {
    const byTwenty = await pages("");
    expect(byTwenty.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20, 20]);
    expect(byTwenty.flat()).toEqual(newestFirst(all));
    const byHundred = await pages("?limit=100");
    expect(byHundred.map(({ length }) => length)).toEqual([100, 20]);
    expect(byHundred.flat()).toEqual(newestFirst(all));
    expect((await pages("?limit=7&status=canceled")).flat()).toHaveLength(12);
  });

  test("goes on where it was, whatever has been added since", async () => {
    const first = await list("?limit=5");
    const late = {
      ...queued({ now: Date.now() }),
      owner,
      id: idForKey(owner, "late"),
      idempotency_key: "late",
    };
    await write([cancel(late, Date.now())]);
    const second = await list(`?limit=5&after=${first.body["next_cursor"]}`);
    expect([...idsIn(first), ...idsIn(second)]).toEqual(newestFirst(all).slice(0, 10));
    await api.ask(`/generations/${late.id}`, { key: null });
    expect(idsIn(await list("?limit=1"))).toEqual([late.id]);
  });

  test("is filtered by status", async () => {
    for (const status of ["succeeded", "failed", "canceled"] as const) {
      const found = (await pages(`?limit=100&status=${status}`))
        .flat()
        .filter((id) => id !== idForKey(owner, "late"));
      expect(found).toEqual(newestFirst(all.filter(({ state }) => state === status)));
    }
    expect(await pages("?status=running")).toEqual([[]]);
  });

  test("is filtered by time, both ends left out, in any offset", async () => {
    const at = (index: number) => START + index * 1000;
    const between = `?limit=100&created_after=${timestamp(at(10))}&created_before=${timestamp(at(20))}`;
    expect((await pages(between)).flat()).toEqual(newestFirst(all.slice(11, 20)));
    const elsewhere = new Date(at(10) + 2 * 3_600_000).toISOString().replace("Z", "+02:00");
    const shifted = `?limit=3&created_after=${encodeURIComponent(elsewhere)}&created_before=${timestamp(at(20))}`;
    expect((await pages(shifted)).flat()).toEqual(newestFirst(all.slice(11, 20)));
    const failed = `${between}&status=failed`;
    expect((await pages(failed)).flat()).toEqual(newestFirst([all[11]!]));
    expect(await pages(`?created_after=${timestamp(at(20))}&created_before=${timestamp(at(10))}`)).toEqual([
      [],
    ]);
  });

  test("is filtered by idempotency key", async () => {
    const [id] = [idForKey(owner, "order-7")];
    expect(await pages("?idempotency_key=order-7")).toEqual([[id]]);
    expect(await pages("?idempotency_key=%22order-7%22&status=succeeded")).toEqual([[id]]);
    expect(await pages("?idempotency_key=order-7&status=failed")).toEqual([[]]);
    expect(await pages(`?idempotency_key=order-7&created_before=${timestamp(START)}`)).toEqual([[]]);
    expect(await pages("?idempotency_key=order-777")).toEqual([[]]);
  });
});

describe("what a page costs", () => {
  interface Cost {
    calls: number;
    /** Index entries looked at, and records read. */
    items: number;
    bytes: number;
  }

  /** The listing over a client that keeps count of what DynamoDB does for it. */
  function counting(): { listing: ReturnType<typeof createListing>; cost: Cost } {
    const cost: Cost = { calls: 0, items: 0, bytes: 0 };
    const client = new DynamoDBClient({
      endpoint: stack.aws_endpoint,
      region: stack.region,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const {
          ScannedCount = 0,
          Items,
          Responses,
        } = answer.output as {
          ScannedCount?: number;
          Items?: unknown[];
          Responses?: Record<string, unknown[]>;
        };
        const records = Object.values(Responses ?? {}).flat();
        cost.calls += 1;
        cost.items += ScannedCount + records.length;
        cost.bytes += JSON.stringify([Items ?? [], records]).length;
        return answer;
      },
      { step: "initialize" },
    );
    return { listing: createListing(DynamoDBDocumentClient.from(client), stack.table_name), cost };
  }

  async function costOfFirstPages(owner: string): Promise<Record<string, Cost>> {
    const query = { owner, status: null, createdAfter: null, createdBefore: null, after: null, limit: 20 };
    const costs: Record<string, Cost> = {};
    const { listing } = counting();
    const { next } = await listing.page(query);
    for (const [name, asked] of Object.entries({
      first: query,
      second: { ...query, after: next },
      succeeded: { ...query, status: "succeeded" as const },
      lately: { ...query, createdAfter: START },
    })) {
      const { listing, cost } = counting();
      expect((await listing.page(asked)).generations).toHaveLength(20);
      costs[name] = cost;
    }
    return costs;
  }

  test("is the same of 100 generations and of 2,100", async () => {
    const owner = `collector-${randomUUID()}`;
    const all = history(owner, 2_100);
    // The newest first, so that the pages are the same ones later.
    await write(all.slice(-100));
    const few = await costOfFirstPages(owner);
    await write(all.slice(0, -100));
    const many = await costOfFirstPages(owner);

    expect(many).toEqual(few);
    // One query that looks one entry further than the page, and one read of its records.
    expect(many["first"]).toMatchObject({ calls: 2, items: 21 + 20 });
  });
});

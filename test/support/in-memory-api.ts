import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from "aws-lambda";
import { makePage, type PageName } from "../../bin/pages/make.ts";
import type { Expansion } from "../../lambdas/batches/expansions.ts";
import { createBatchStore } from "../../lambdas/batches/table.ts";
import { createOwnerBudget, createRemainingBudget } from "../../lambdas/budgets/table.ts";
import { createUsageStore } from "../../lambdas/budgets/usage-table.ts";
import { createListing, type GenerationListing, positionOf } from "../../lambdas/generations/listing.ts";
import { createOpenPrices } from "../../lambdas/generations/open-prices.ts";
import { isOpen, type Painted, type Queued, statusOf } from "../../lambdas/generations/record.ts";
import { checkpoint } from "../../lambdas/generations/transitions/checkpoint.ts";
import { claim } from "../../lambdas/generations/transitions/claim.ts";
import { complete } from "../../lambdas/generations/transitions/painted.ts";
import { refuse } from "../../lambdas/generations/transitions/refuse.ts";
import { type ApiNeeds, routesOf } from "../../lambdas/handlers/routes.ts";
import { type Gateway, newHandler } from "../../lambdas/http/app.ts";
import { createCursors } from "../../lambdas/http/cursor.ts";
import type { RequestLimits } from "../../lambdas/http/request-limits.ts";
import type { LedgerStore, Sent } from "../../lambdas/openai/ledger-table.ts";
import { paceOf } from "../../lambdas/pacing/pace.ts";
import { timestamp } from "../../lambdas/platform/clock.ts";
import { offer } from "./generations.ts";
import {
  type InMemoryGenerations,
  type InMemoryImages,
  inMemoryGenerations,
  inMemoryImages,
  inMemoryPacer,
  inMemoryResults,
} from "./in-memory-stores.ts";

/** All that the API is made with. */
type ApiDependencies = ApiNeeds & Gateway;

/** The lists over the in-memory table, with the semantics of lambdas/generations/listing.ts. */
function inMemoryListing(store: InMemoryGenerations): GenerationListing {
  return {
    async page(query) {
      if (query.batch != null) return createListing(store.table.client, "table").page(query);
      const fitting = [...store.records.values()]
        .filter(({ owner }) => owner === query.owner)
        .filter((each) => query.status === null || statusOf(each) === query.status)
        .filter((each) => query.createdAfter === null || Date.parse(each.created_at) > query.createdAfter)
        .filter((each) => query.createdBefore === null || Date.parse(each.created_at) < query.createdBefore)
        .sort((a, b) => (positionOf(a) < positionOf(b) ? 1 : -1))
        .filter((each) => query.after === null || positionOf(each) < query.after);
      const generations = fitting.slice(0, query.limit);
      const last = generations.at(-1);
      return {
        generations,
        next: fitting.length > query.limit && last !== undefined ? positionOf(last) : null,
      };
    },
    records: async (ids) => new Map([...store.records].filter(([id]) => ids.includes(id))),
    openPages: (owner, lane) => createListing(store.table.client, "table").openPages(owner, lane),
    async countOpen(owner, lane, most) {
      const open = [...store.records.values()].filter(
        (each) => each.owner === owner && each.lane === lane && isOpen(each),
      );
      return Math.min(most, open.length);
    },
  };
}

/** The entries of lambdas/openai/ledger-table.ts, written with the same condition. */
export function inMemoryLedger(
  generations: Pick<InMemoryGenerations, "put">,
): LedgerStore & { readonly requests: Map<string, Sent> } {
  const requests = new Map<string, Sent>();
  return {
    requests,
    async find(key) {
      return requests.get(key) ?? { entries: [], version: 0, expiresAt: 0 };
    },
    async save(key, entries, seen, starts) {
      if ((requests.get(key)?.version ?? 0) !== seen.version) return false;
      if (starts !== undefined) generations.put(starts);
      requests.set(key, { entries, version: seen.version + 1, expiresAt: 0 });
      return true;
    },
  };
}

function inMemoryLimits(now: () => number): RequestLimits {
  const counts = new Map<string, number>();
  return {
    async count(owner) {
      const minute = Math.floor(now() / 60_000);
      const used = (counts.get(`${owner}#${minute}`) ?? 0) + 1;
      counts.set(`${owner}#${minute}`, used);
      return { used, resetsAt: (minute + 1) * 60_000 };
    },
  };
}

/** A request, as far as a test says something of it. */
interface Ask {
  readonly method?: string;
  /** With its query, and without `/v1`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly owner?: string | null;
  readonly keyId?: string;
  readonly event?: Partial<APIGatewayProxyEvent>;
}

/** API Gateway's event for a request. */
export function eventOf(ask: Ask): APIGatewayProxyEvent {
  const { method = "GET", path, headers = {}, body, owner = "alice", keyId = "key1" } = ask;
  const url = new URL(path, "http://api.example");
  const parameters = [...new Set(url.searchParams.keys())];
  const event = {
    resource: "/{proxy+}",
    path: url.pathname,
    httpMethod: method,
    headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
    multiValueHeaders: {},
    queryStringParameters: Object.fromEntries(url.searchParams),
    multiValueQueryStringParameters: Object.fromEntries(
      parameters.map((name) => [name, url.searchParams.getAll(name)]),
    ),
    pathParameters: { proxy: url.pathname.slice(1) },
    stageVariables: null,
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: {
      requestId: "request-1",
      domainName: "api.example",
      stage: "v1",
      path: `/v1${url.pathname}`,
      authorizer: owner === null ? undefined : { owner, key_id: keyId },
      identity: {},
    },
    ...ask.event,
  };
  return event as unknown as APIGatewayProxyEvent;
}

/** An answer, its headers by their names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
  readonly text: string;
}

export function answerOf({ statusCode, headers = {}, body }: APIGatewayProxyResult): Answer {
  const isJson = String(headers["Content-Type"] ?? "").includes("json");
  return {
    status: statusCode,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
    body: isJson && body !== "" ? JSON.parse(body) : null,
    text: body,
  };
}

export interface ApiUnderTest {
  readonly clock: { now: number };
  readonly generations: InMemoryGenerations;
  readonly images: InMemoryImages;
  readonly ledger: ReturnType<typeof inMemoryLedger>;
  /** What was sent to the expander. */
  readonly sent: Expansion[];
  readonly signals: { name: string; fields: unknown }[];
  readonly dependencies: ApiDependencies;
  send(ask: Ask): Promise<Answer>;
  /** What happens while the API sleeps, once for each time. */
  meanwhile: (() => void | Promise<void>)[];
  /** Plays the worker for a queued generation. */
  start(id: string): Promise<void>;
  succeed(id: string, bytes?: number): Promise<void>;
  reject(id: string, code?: Parameters<typeof refuse>[1]["code"]): Promise<void>;
}

/** The pages as a deployment has them, made once. */
const pages = new Map<PageName, Promise<string>>();
function page(name: PageName): Promise<string> {
  const made = pages.get(name) ?? makePage(name);
  pages.set(name, made);
  return made;
}

const PICTURE = {
  content_type: "image/png" as const,
  width: 1664,
  height: 928,
  sha256: "ab".repeat(32),
  bucket: "bucket",
  marked: ["iptc"],
  source_sha256: "cd".repeat(32),
};

/** The whole API over stores in memory and a clock that moves when it sleeps. */
export function apiUnderTest(overrides: Partial<ApiDependencies> = {}): ApiUnderTest {
  const clock = { now: Date.parse("2026-03-01T12:00:00.000Z") };
  const now = () => clock.now;
  const generations = inMemoryGenerations();
  const images = inMemoryImages(now);
  const ledger = inMemoryLedger(generations);
  const pacer = inMemoryPacer(paceOf(60, 1), now);
  const usage = createUsageStore(generations.table.client, "table");
  const signals: ApiUnderTest["signals"] = [];
  const sent: Expansion[] = [];
  const meanwhile: ApiUnderTest["meanwhile"] = [];
  const dependencies: ApiDependencies = {
    generations,
    listing: inMemoryListing(generations),
    images,
    page,
    ledger,
    batches: createBatchStore(generations.table.client, { table: "table", retentionDays: 30, now }),
    manifests: { bucket: "bucket", look: async () => null },
    manifestUploads: {
      place: async (owner, bytes) => ({
        bucket: "bucket",
        key: `manifests/${owner}/new`,
        url: `https://bucket.example/manifests/${owner}/new?bytes=${bytes}`,
        expiresAt: timestamp(clock.now + 900_000),
      }),
    },
    results: inMemoryResults(),
    expansions: { send: async (batches) => void sent.push(...batches) },
    limits: inMemoryLimits(now),
    usage,
    openPrices: createOpenPrices(generations.table.client, "table"),
    ownerBudget: createOwnerBudget(generations.table.client, {
      table: "table",
      budget: null,
      currency: "USD",
    }),
    remainingBudget: createRemainingBudget(generations.table.client, {
      table: "table",
      budget: null,
      currency: "USD",
      now,
    }),
    pacerOf: () => pacer,
    cursors: createCursors(async () => Buffer.from("a key of cursors")),
    quotaOf: () => 60,
    offer,
    authentication: "key",
    corsOrigins: [],
    requestsPerMinute: 1000,
    mostOpenGenerations: 1000,
    longestWait: 25,
    sdkPatienceSeconds: 75,
    now,
    random: () => 0.5,
    async sleep(milliseconds) {
      clock.now += milliseconds;
      await meanwhile.shift()?.();
    },
    signal: (name, fields) => signals.push({ name, fields }),
    ...overrides,
  };
  const handler = newHandler(routesOf(dependencies.offer), dependencies);
  const context = { awsRequestId: "lambda-1" } as Context;

  async function start(id: string): Promise<void> {
    const queued = (await generations.get(id)) as Queued;
    const { region, price } = queued;
    await generations.save(claim(queued, { now: clock.now, leaseSeconds: 300, turn: id, region, price }));
  }

  return {
    clock,
    generations,
    images,
    ledger,
    signals,
    sent,
    dependencies,
    meanwhile,
    async send(ask) {
      return answerOf(await handler(eventOf(ask), context));
    },
    start,
    async succeed(id, bytes = 1000) {
      await start(id);
      const submitting = await generations.get(id);
      if (submitting?.state !== "submitting") throw new Error("not claimed");
      const painted: Painted = checkpoint(submitting, {
        requestId: "provider-1",
        sourceUrl: "https://results.example/1.png",
        sourceExpiresAt: clock.now + 86_400_000,
        width: 1664,
        height: 928,
        now: clock.now,
      });
      await generations.save(painted);
      const key = `generations/${id}.png`;
      images.stored.set(key, "sha");
      await generations.save(complete(painted, { now: clock.now, image: { ...PICTURE, bytes, key } }));
    },
    async reject(id, code = "content_rejected") {
      await start(id);
      const submitting = await generations.get(id);
      if (submitting?.state !== "submitting") throw new Error("not claimed");
      await generations.save(
        refuse(submitting, { now: clock.now, code, message: "It was refused.", provider: null }),
      );
    },
  };
}

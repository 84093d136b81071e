import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Generation, ImageService, ImageServiceError } from "../../../bin/sdk/client.ts";
import { fetchOf } from "../../support/fetch-of.ts";
import { type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

const fox = { prompt: "a fox" };
const gatewayPage = (status: number, headers = {}) => new Response("<html>", { status, headers });

let api: ApiUnderTest;
let pauses: number[];
/** What is sent, in order. */
let sent: { method: string; path: string; headers: Headers }[];
/** What happens in place of the next requests. */
let instead: ((carryOut: () => Promise<Response>) => Promise<Response>)[];
let service: ImageService;

beforeEach(() => {
  api = apiUnderTest();
  pauses = [];
  sent = [];
  instead = [];
  const carryOut = fetchOf(api);
  service = new ImageService({
    url: "https://api.example/v1/",
    key: "aik_1",
    fetch: async (url, init) => {
      const { pathname, search } = new URL(url);
      sent.push({ method: init.method ?? "", path: pathname + search, headers: new Headers(init.headers) });
      const other = instead.shift();
      return other === undefined ? carryOut(url, init) : other(() => carryOut(url, init));
    },
  });
  // Its pauses are asked for, not waited for.
  vi.stubGlobal("setTimeout", (resume: () => void, milliseconds: number) => {
    pauses.push(milliseconds);
    api.clock.now += milliseconds;
    queueMicrotask(resume);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const ids = () => [...api.generations.records.keys()].map((key) => /gen_\w+/.exec(key)?.[0] ?? "");
const first = () => ids()[0] ?? "";

async function errorOf(calling: Promise<unknown>): Promise<ImageServiceError> {
  const error = await calling.catch((thrown: unknown) => thrown);
  if (error instanceof ImageServiceError) return error;
  throw new Error(`no such error: ${error}`);
}

describe("painting", () => {
  test("creates with the intent, waits and answers the picture", async () => {
    api.meanwhile.push(() => api.succeed(first()));
    const generation = await service.paint(fox, { intent: "order-7" });
    expect([generation.status, generation.image.width]).toEqual(["succeeded", 1664]);
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/generations"]);
    const { headers } = sent[0]!;
    expect([headers.get("authorization"), headers.get("idempotency-key"), headers.get("prefer")]).toEqual([
      "Bearer aik_1",
      "order-7",
      "wait=25",
    ]);
  });

  test("asks again by the same intent, however the first answer was lost", async () => {
    instead.push(
      async (carryOut) => {
        await carryOut();
        throw new TypeError("fetch failed");
      },
      async () => gatewayPage(502),
      async () => gatewayPage(504),
    );
    api.meanwhile.push(() => api.succeed(first()));
    expect((await service.paint(fox)).status).toBe("succeeded");
    expect(ids()).toHaveLength(1);
    expect(new Set(sent.map(({ headers }) => headers.get("idempotency-key"))).size).toBe(1);
  });

  test("does not ask a queue before it wants to be asked", async () => {
    const { generation } = await service.create(fox);
    sent.length = 0;
    const told: string[] = [];
    api.meanwhile.push(() => api.succeed(generation.id));
    const end = await service.wait(generation.id, { onChange: ({ status }) => told.push(status) });
    expect([end.status, told[0]]).toEqual(["succeeded", "queued"]);
    expect(pauses[0]).toBeGreaterThanOrEqual(1000);
    expect(sent.map(({ headers }) => [headers.get("prefer"), headers.has("if-none-match")])).toEqual([
      [null, false],
      ["wait=25", true],
    ]);
  });

  test("tells what has changed though the record has not", async () => {
    const { generation } = await service.create(fox);
    await api.start(generation.id);
    const told: Generation[] = [];
    const onChange = (seen: Generation) => {
      told.push(seen);
      if (told.length === 3) void api.reject(generation.id);
    };
    const end = await service.wait(generation.id, { onChange });
    expect([end.status, told.length]).toEqual(["failed", 3]);
  });

  test("ends with its caller's patience, and asks no more", async () => {
    const { generation } = await service.create(fox);
    const stop = new AbortController();
    const onChange = () => stop.abort(new Error("enough"));
    await expect(service.wait(generation.id, { onChange, signal: stop.signal })).rejects.toThrow("enough");
    expect(sent).toHaveLength(2);
  });
});

describe("an end without a picture", () => {
  test("is an error that says how it ended, the first time and each time after", async () => {
    api.meanwhile.push(() => api.reject(first()));
    for (let time = 0; time < 2; time++) {
      const { code, billed, retryable, generationId, intent } = await errorOf(
        service.paint(fox, { intent: "order-7" }),
      );
      expect([code, billed, retryable, generationId, intent]).toEqual([
        "content_rejected",
        "no",
        false,
        first(),
        "order-7",
      ]);
    }
    const { generation, replayed } = await service.create(fox, { intent: "order-7" });
    expect([generation.status, replayed]).toEqual(["failed", true]);
  });

  test("is told apart: canceled, removed", async () => {
    const { generation, intent } = await service.create(fox);
    expect((await service.cancel(generation.id)).status).toBe("canceled");
    expect((await errorOf(service.paint(fox, { intent }))).code).toBe("canceled");
    api.meanwhile.push(() => api.succeed(ids()[1] ?? ""));
    const painted = await service.paint(fox, { intent: "another" });
    await service.remove(painted.id);
    expect((await errorOf(service.paint(fox, { intent: "another" }))).code).toBe("gone");
  });
});

describe("a refusal", () => {
  test("is thrown at once where asking again cannot help", async () => {
    const error = await errorOf(service.create({ prompt: "" }, { intent: "order-7" }));
    const { code, status, faults, requestId } = error;
    expect([code, status, faults[0]?.pointer, requestId]).toEqual([
      "invalid_request",
      422,
      "#/prompt",
      "request-1",
    ]);
    expect([sent.length, error.message]).toEqual([1, expect.stringContaining("`prompt`")]);
  });

  test("of a reused intent is no end of a generation", async () => {
    await service.create(fox, { intent: "order-7" });
    const error = await errorOf(service.create({ prompt: "a cat" }, { intent: "order-7" }));
    expect(error.code).toBe("idempotency_key_reused");
  });

  test.each([429, 502, 503, 504])("%i of a gateway passes, after what it asks for", async (status) => {
    instead.push(async () => gatewayPage(status, { "Retry-After": "7" }));
    await service.create(fox);
    expect(pauses).toEqual([7000]);
  });

  test.each(["", "localhost"])(
    "of an address that is none, %j, comes before anything is sent",
    async (url) => {
      const error = await errorOf(Promise.resolve().then(() => new ImageService({ url })));
      expect([error.code, error.billed, sent.length]).toEqual(["invalid_address", "no", 0]);
      expect(error.message).toContain("ApiUrl");
    },
  );

  test("that does not pass is given up, with the intent to go on with", async () => {
    instead.push(...Array.from({ length: 4 }, () => async () => gatewayPage(503)));
    const { code, status, intent, retryable } = await errorOf(service.create(fox));
    expect([code, status, retryable, sent.length]).toEqual(["unexpected_answer", 503, true, 4]);
    const { replayed } = await service.create(fox, { intent: intent ?? "" });
    expect(replayed).toBe(false);
  });

  test("that wants more patience than a call has is the caller's to wait out", async () => {
    instead.push(async () => gatewayPage(503, { "Retry-After": "3600" }));
    const { retryAfterSeconds } = await errorOf(service.create(fox));
    expect([retryAfterSeconds, sent.length]).toEqual([3600, 1]);
  });

  test("by nobody says so, and that it may have been heard", async () => {
    instead.push(...Array.from({ length: 4 }, () => () => Promise.reject(new TypeError("fetch failed"))));
    const { code, billed, message } = await errorOf(service.create(fox));
    expect([code, billed, message]).toEqual([
      "unreachable",
      "unknown",
      "https://api.example does not answer (fetch failed).",
    ]);
  });

  test("by another program is not taken for the service's word", async () => {
    instead.push(async () => new Response("<html>Hello", { status: 200 }));
    expect((await errorOf(service.read("gen_1"))).code).toBe("unexpected_answer");
  });
});

describe("a header that cannot be sent", () => {
  test.each(["clé-€1", "a\nb", "ключ"])("%j is named before anything is sent", async (intent) => {
    const error = await errorOf(service.create(fox, { intent }));
    expect([error.code, sent.length]).toEqual(["invalid_request", 0]);
    expect(error.message).toContain(`idempotency-key ${JSON.stringify(intent)}`);
  });

  test("is not shown where it is the API key", async () => {
    const error = await errorOf(
      new ImageService({ url: "https://api.example/v1", key: "aik_€" }).read("gen_1"),
    );
    expect([error.code, error.message]).toEqual(["unauthorized", expect.not.stringContaining("€")]);
  });
});

test("a list goes through all pages, and stops where its reader does", async () => {
  for (let index = 0; index < 130; index++) await service.create(fox);
  sent.length = 0;
  const listed = new Set<string>();
  for await (const { id } of service.list({ status: "queued" })) listed.add(id);
  expect([listed.size, sent.length]).toEqual([130, 2]);
  for await (const generation of service.list()) {
    expect(generation.object).toBe("generation");
    break;
  }
  expect(sent).toHaveLength(3);
});

describe("a download", () => {
  const sha256 = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";
  /** A picture of which the bucket has these bytes. */
  async function stored(bytes: number[]): Promise<string> {
    api.meanwhile.push(() => api.succeed(first()));
    const { id } = await service.paint(fox);
    const record = await api.generations.get(id);
    if (record?.state !== "succeeded" || record.image === null) throw new Error("no picture");
    api.generations.put({ ...record, image: { ...record.image, sha256 } });
    vi.stubGlobal("fetch", async () => new Response(Uint8Array.from(bytes)));
    return id;
  }

  test("is the picture that was announced", async () => {
    expect([...(await service.download(await stored([1, 2, 3])))]).toEqual([1, 2, 3]);
  });

  test("is refused where it is another", async () => {
    expect((await errorOf(service.download(await stored([1, 2, 4])))).code).toBe("damaged");
  });

  test("of a picture beyond the last says how many there are", async () => {
    const error = await errorOf(service.download(await stored([1, 2, 3]), { index: 1 }));
    expect(error.message).toContain("1 pictures");
  });
});

test("a batch is created by its intent, and waited for", async () => {
  const { batch, intent } = await service.batches.create({ items: [fox, fox] });
  expect((await service.batches.create({ items: [fox, fox] }, { intent })).replayed).toBe(true);
  const seen: string[] = [];
  instead.push(
    async (carryOut) => carryOut(),
    async (carryOut) => {
      const answer = (await (await carryOut()).json()) as object;
      return Response.json({ ...answer, status: "completed", completed_at: "2026-03-01T12:00:00.000Z" });
    },
  );
  const ended = await service.batches.wait(batch.id, { onChange: ({ status }) => seen.push(status) });
  expect([ended.status, seen, pauses]).toEqual(["completed", ["processing"], [3000]]);
});

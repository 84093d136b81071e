import { describe, expect, test } from "vitest";
import { type Answer, type ApiUnderTest, apiUnderTest } from "../../support/in-memory-api.ts";

const body = { model: "qwen-image-max", prompt: "a fox" };

const ask = (retryCount: number, more: object = {}) => ({
  method: "POST",
  path: "/images/generations",
  body,
  headers: { "X-Stainless-Retry-Count": String(retryCount) },
  ...more,
});

/** Ends the one generation there is at the next sleep. */
function endSoon(api: ApiUnderTest, end: (id: string) => Promise<void>): void {
  api.meanwhile.push(async () => {
    const id = [...api.generations.records.values()].find(({ state }) => state === "queued")?.id ?? "";
    await end(id);
  });
}

describe("the OpenAI door", () => {
  test("answers the picture's address", async () => {
    const api = apiUnderTest();
    endSoon(api, api.succeed);
    const answer = await api.send(ask(0));
    const [id] = api.generations.records.keys();
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual([{ url: `https://bucket.example/generations/${id}.png?signed` }]);
    expect(answer.body.created).toBe(Math.floor(api.clock.now / 1000));
    expect(answer.headers["x-generation-id"]).toBe(id);
  });

  test("answers the picture itself, and names the address for one that is too large", async () => {
    const api = apiUnderTest();
    endSoon(api, api.succeed);
    const inline = { body: { ...body, response_format: "b64_json" } };
    const answer = await api.send(ask(0, inline));
    expect(answer.body.data).toEqual([{ b64_json: Buffer.from([137, 80, 78, 71]).toString("base64") }]);
    endSoon(api, (id) => api.succeed(id, 5_000_000));
    const large = await api.send(ask(0, inline));
    expect([large.status, large.body.billed, large.headers["x-should-retry"]]).toEqual([422, "yes", "false"]);
    // Asking again for the address would be a new request.
    expect(large.body.detail).toContain(`GET /v1/generations/${large.headers["x-generation-id"]}/image`);
    expect(JSON.stringify(large.body)).not.toContain('"url"');
    expect(large.body.errors).toEqual([{ pointer: "#/response_format", detail: expect.any(String) }]);
  });

  test.each([
    [{ size: null }, "1664*928"],
    [{ size: "auto" }, "1664*928"],
    [{ size: "928x1664" }, "928*1664"],
    [{ quality: "hd", style: "vivid", user: "u1", background: "auto", n: 1, stream: false }, "1664*928"],
    [{ model: null, response_format: null, n: null }, "1664*928"],
  ])("accepts %o", async (fields, size) => {
    const api = apiUnderTest({ longestWait: 1 });
    await api.send(ask(0, { body: { ...body, ...fields } }));
    expect([...api.generations.records.values()].map(({ input }) => input?.size)).toEqual([size]);
  });

  test.each([
    [{ size: "1600x900" }, "#/size"],
    [{ n: 2 }, "#/n"],
    [{ stream: true }, "#/stream"],
    [{ model: "dall-e-3" }, "#/model"],
    [{ seed: -1 }, "#/seed"],
    [{ metadata: { order: "1" } }, "#/metadata"],
  ])("refuses %o and says where", async (fields, pointer) => {
    const answer = await apiUnderTest().send(ask(0, { body: { ...body, ...fields } }));
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
    expect(answer.body.error.param).toBe(pointer.slice(2));
  });

  test("asks the SDK to send again while it has not finished", async () => {
    const api = apiUnderTest();
    const answer = await api.send(ask(0));
    expect([answer.status, answer.body.retryable]).toEqual([503, true]);
    expect(answer.headers).toMatchObject({ "x-should-retry": "true", "retry-after": "2" });
  });

  test("asks it not to, once it has ended without a picture", async () => {
    for (const [code, status] of [
      ["content_rejected", 422],
      ["upstream_outcome_unknown", 504],
      ["provider_unavailable", 502],
    ] as const) {
      const api = apiUnderTest();
      endSoon(api, (id) => api.reject(id, code));
      const answer = await api.send(ask(0));
      expect([answer.status, answer.body.code, answer.headers["x-should-retry"]]).toEqual([
        status,
        code,
        "false",
      ]);
    }
  });
});

describe("a request that an SDK sends again", () => {
  const count = (api: ApiUnderTest) => api.generations.records.size;

  test("joins the generation of its first send, running or ended", async () => {
    const api = apiUnderTest();
    const first = await api.send(ask(0));
    endSoon(api, api.succeed);
    const second = await api.send(ask(1));
    const third = await api.send(ask(2));
    expect([second.status, third.status, count(api)]).toEqual([200, 200, 1]);
    expect(second.headers["x-generation-id"]).toBe(first.headers["x-generation-id"]);
  });

  test("starts it when the first send was lost, once for all re-sends", async () => {
    const api = apiUnderTest();
    await api.send(ask(1));
    await api.send(ask(2));
    expect(count(api)).toBe(1);
  });

  test("is joined by its own first send, arriving late; the next first send is a new request", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    const resent = await api.send(ask(1));
    const late = await api.send(ask(0));
    expect(late.headers["x-generation-id"]).toBe(resent.headers["x-generation-id"]);
    await api.send(ask(0));
    expect(count(api)).toBe(2);
  });

  test("joins one of several first sends each, whoever comes first and however often", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    const idsOf = (answers: Answer[]) => new Set(answers.map(({ headers }) => headers["x-generation-id"]));
    const first = await Promise.all([api.send(ask(0)), api.send(ask(0))]);
    expect([...first.map(({ status }) => status), count(api)]).toEqual([503, 503, 2]);
    for (const retryCount of [1, 2, 3]) {
      const resent = await Promise.all([api.send(ask(retryCount)), api.send(ask(retryCount))]);
      expect(idsOf(resent)).toEqual(idsOf(first));
    }
    for (const id of api.generations.records.keys()) await api.succeed(id);
    const ends = [await api.send(ask(4)), await api.send(ask(4))];
    expect(ends.map(({ status }) => status)).toEqual([200, 200]);
    expect(idsOf(ends)).toEqual(idsOf(first));
  });

  test("joins none whose end was answered, while another's was not", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    await api.send(ask(0));
    const [early = ""] = api.generations.records.keys();
    await api.succeed(early);
    expect((await api.send(ask(1))).status).toBe(200);
    const late = await api.send(ask(0));
    const resent = await api.send(ask(1));
    expect(resent.headers["x-generation-id"]).toBe(late.headers["x-generation-id"]);
    expect(late.headers["x-generation-id"]).not.toBe(early);
  });

  test("finds the end that nobody heard, where the answers to several were lost", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    await Promise.all([api.send(ask(0)), api.send(ask(0))]);
    for (const id of api.generations.records.keys()) await api.succeed(id);
    const lost = [await api.send(ask(1)), await api.send(ask(1))];
    const heard = [await api.send(ask(2)), await api.send(ask(2))];
    const idsOf = (answers: Answer[]) => new Set(answers.map(({ headers }) => headers["x-generation-id"]));
    expect([lost, heard].map((answers) => idsOf(answers).size)).toEqual([2, 2]);
    expect(count(api)).toBe(2);
  });

  test.each([
    ["is refused", () => Promise.reject(new Error("no table"))],
    ["hangs", () => new Promise<never>(() => {})],
  ])("is answered, even where the note that it was %s", async (_, fault) => {
    const api = apiUnderTest({ longestWait: 1 });
    await api.send(ask(0));
    await api.succeed([...api.generations.records.keys()][0] ?? "");
    const { save } = api.ledger;
    Object.assign(api.ledger, {
      save: (...parameters: Parameters<typeof save>) =>
        parameters[1].some(({ delivered_at }) => delivered_at !== null) ? fault() : save(...parameters),
    });
    expect((await api.send(ask(1))).status).toBe(200);
  });

  test("starts anew when what it repeats is long over; joins what is open, or ended a while ago", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    await api.send(ask(0));
    api.clock.now += 3600_000;
    await api.send(ask(1));
    const [id = ""] = api.generations.records.keys();
    await api.reject(id);
    await api.send(ask(2));
    expect(count(api)).toBe(1);
    api.clock.now += 15 * 60_000 + 2_000;
    await api.send(ask(3));
    expect(count(api)).toBe(2);
  });

  test("a first send long after a re-send is a request of its own", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    await api.send(ask(1));
    api.clock.now += 61_000;
    await api.send(ask(0));
    expect(count(api)).toBe(2);
  });

  test.each([
    ["another key of the same owner", { keyId: "key2" }],
    ["another owner", { owner: "bob" }],
    ["another body", { body: { ...body, prompt: "a hare" } }],
  ])("is not the same request from %s", async (_, more) => {
    const api = apiUnderTest({ longestWait: 1 });
    await api.send(ask(0));
    await api.send(ask(1, more));
    expect(count(api)).toBe(2);
  });

  test("is one by its idempotency key, where it has one", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    const headers = { "Idempotency-Key": "order-1" };
    await api.send(ask(0, { headers }));
    const second = await api.send(ask(0, { headers }));
    expect(second.headers["idempotent-replayed"]).toBe("true");
    expect(count(api)).toBe(1);
  });

  test.each([[[0, 1]], [[1, 0]], [[1, 2]], [[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]]])(
    "starts one generation for the sends %j at the same moment",
    async (sends) => {
      for (let seed = 0; seed < 20; seed++) {
        const api = apiUnderTest({ longestWait: 1 });
        shuffleTurns(api, seed);
        await Promise.all(sends.map((retryCount) => api.send(ask(retryCount))));
        expect(count(api)).toBe(1);
      }
    },
  );

  test("waits its turn when the ledger changes between reading and writing", async () => {
    const api = apiUnderTest({ longestWait: 1 });
    const { find } = api.ledger;
    let overtaken = false;
    Object.assign(api.ledger, {
      async find(key: string) {
        const found = await find(key);
        if (!overtaken) {
          overtaken = true;
          await api.send(ask(2));
        }
        return found;
      },
    });
    await api.send(ask(1));
    expect(count(api)).toBe(1);
  });
});

/** Lets every call to the ledger take a number of turns of the event loop that depends on the seed. */
function shuffleTurns(api: ApiUnderTest, seed: number): void {
  let state = seed + 1;
  for (const name of ["find", "save"] as const) {
    const call = api.ledger[name] as (...parameters: unknown[]) => Promise<unknown>;
    Object.assign(api.ledger, {
      async [name](...parameters: unknown[]) {
        state = (state * 48271) % 2147483647;
        for (let turn = state % 4; turn > 0; turn--) await new Promise(setImmediate);
        return call(...parameters);
      },
    });
  }
}

import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { createApiKeyStore } from "../../lambdas/api-keys/table.ts";
import { type Asked, DescribedApi, type Told } from "../support/described-api.ts";
import { HELD_MODEL, hold } from "../support/pacer-hold.ts";
import { aws, callsFor, expectQueuesEmpty, stack, uniquePrompt } from "./harness.ts";

const api = await DescribedApi.at(stack.api_url, stack.api_key);

interface Owner {
  readonly name: string;
  ask(path: string, asked?: Asked): Promise<Told>;
}

async function owner(who: string): Promise<Owner> {
  const name = `${who}-${randomUUID()}`;
  const { key } = await createApiKeyStore(aws.table, stack.table_name, Date.now).create(name);
  return { name, ask: (path, asked = {}) => api.ask(path, { key, ...asked }) };
}

const idsIn = ({ body }: Told): string[] => (body["data"] as { id: string }[]).map(({ id }) => id);
const cursorIn = ({ body }: Told): string => String(body["next_cursor"]);

describe("what one owner has is nobody else's", () => {
  const key = randomUUID();
  const prompt = uniquePrompt();
  let ada: Owner;
  let eve: Owner;
  let picture: Told;
  let path: string;
  beforeAll(async () => {
    [ada, eve] = await Promise.all([owner("ada"), owner("eve")]);
    picture = await ada.ask("/generations", { json: { prompt }, headers: { "idempotency-key": key } });
    path = `/generations/${picture.body["id"]}`;
    expect(picture.status).toBe(201);
  });

  test("to read, fetch, cancel or remove: it is not there, as an id that never was", async () => {
    const never = `/generations/gen_${"0".repeat(26)}`;
    for (const [suffix, method] of [
      ["", "GET"],
      ["/image", "GET"],
      ["/image", "HEAD"],
      ["/cancel", "POST"],
      ["", "DELETE"],
    ] as const) {
      const [theirs, nobodys] = await Promise.all([
        eve.ask(path + suffix, { method }),
        eve.ask(never + suffix, { method }),
      ]);
      expect([theirs.status, nobodys.status]).toEqual([404, 404]);
      const words = ({ body }: Told) => [body["code"], body["title"], body["detail"], body["instance"]];
      expect(words(theirs)).toEqual(words(nobodys));
    }
    const patient = await eve.ask(path, { headers: { "if-none-match": "*", prefer: "wait=5" } });
    expect(patient.status).toBe(404);

    const kept = await ada.ask(path);
    expect(kept).toMatchObject({ status: 200, body: { status: "succeeded", input: { prompt } } });
    expect((await ada.ask(`${path}/image`)).status).toBe(302);
  });

  test("to cancel or remove while it waits", async () => {
    await hold(aws.table, stack.table_name, 5_000);
    const { body } = await ada.ask("/generations", {
      json: { prompt: uniquePrompt(), model: HELD_MODEL },
      headers: { prefer: "respond-async" },
    });
    const waiting = `/generations/${body["id"]}`;

    expect((await eve.ask(`${waiting}/cancel`, { method: "POST" })).status).toBe(404);
    expect((await eve.ask(waiting, { method: "DELETE" })).status).toBe(404);
    expect((await ada.ask(waiting)).body["status"]).toBe("queued");
    await ada.ask(`${waiting}/cancel`, { method: "POST" });
    await expectQueuesEmpty();
  });

  test("to list, by any filter", async () => {
    for (const query of [
      "",
      "?status=succeeded",
      `?idempotency_key=${key}`,
      "?created_after=2000-01-01T00:00:00Z",
    ])
      expect(idsIn(await eve.ask(`/generations${query}`))).toEqual([]);
    expect(idsIn(await ada.ask(`/generations?idempotency_key=${key}`))).toEqual([picture.body["id"]]);
    expect(idsIn(await ada.ask("/generations"))).toContain(picture.body["id"]);
  });

  test("to guess by its idempotency key, or by sending the same request again", async () => {
    const own = await eve.ask("/generations", { json: { prompt }, headers: { "idempotency-key": key } });
    expect(own.status).toBe(201);
    expect(own.headers.has("idempotent-replayed")).toBe(false);
    expect(own.body["id"]).not.toBe(picture.body["id"]);
    expect(await callsFor(prompt)).toHaveLength(2);

    const words = uniquePrompt();
    const resend = (who: Owner, count: string) =>
      who.ask("/images/generations", {
        json: { prompt: words },
        headers: { "x-stainless-retry-count": count },
      });
    const first = await resend(ada, "0");
    const stranger = await resend(eve, "1");
    const again = await resend(ada, "1");
    const named = ({ headers }: Told) => headers.get("x-generation-id");
    expect(named(stranger)).not.toBe(named(first));
    expect(named(again)).toBe(named(first));
    expect(await callsFor(words)).toHaveLength(2);
  });

  test("to read as a batch, or to guess by the key of one", async () => {
    const asBatch = (who: Owner) =>
      who.ask("/batches", {
        json: { items: [{ prompt: uniquePrompt() }] },
        headers: { "idempotency-key": key },
      });
    const [theirs, own] = [await asBatch(ada), await asBatch(eve)];
    expect([theirs.status, own.status]).toEqual([202, 202]);
    expect(own.body["id"]).not.toBe(theirs.body["id"]);
    expect((await eve.ask(`/batches/${theirs.body["id"]}`)).status).toBe(404);
    expect((await ada.ask(`/batches/${theirs.body["id"]}`)).status).toBe(200);
  });

  test("to page through with its cursor, or with one that was altered", async () => {
    await ada.ask("/generations", { json: { prompt: uniquePrompt() } });
    const cursor = cursorIn(await ada.ask("/generations?limit=1"));

    expect((await ada.ask(`/generations?limit=1&after=${cursor}`)).status).toBe(200);
    const bytes = Buffer.from(cursor, "base64url");
    const flipped = (at: number) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy.toString("base64url");
    };
    for (const [who, text, filter] of [
      [eve, cursor, ""],
      [ada, cursor, "&status=succeeded"],
      [ada, `${cursor}A`, ""],
      [ada, `${cursor}=`, ""],
      [ada, cursor.slice(0, -4), ""],
      [ada, "", ""],
      ...[0, 7, 15, 16, 30, bytes.length - 1].map((at) => [ada, flipped(at), ""] as const),
    ] as const) {
      const told = await who.ask(`/generations?limit=1&after=${encodeURIComponent(text)}${filter}`);
      expect(told).toMatchObject({ status: 422, body: { errors: [{ pointer: "#/query/after" }] } });
    }
  });

  test("to find by an id that was altered", async () => {
    const id = String(picture.body["id"]);
    for (const other of [
      id.toUpperCase(),
      `${id} `,
      `${id}#`,
      `${id}%23`,
      `%20${id}`,
      id.replace("gen_", "GEN_"),
    ])
      expect((await ada.ask(`/generations/${encodeURIComponent(other)}`)).status).toBe(404);
  });

  test("to use after the key was revoked", async () => {
    const keys = createApiKeyStore(aws.table, stack.table_name, Date.now);
    const { key: secret, key_id } = await keys.create(ada.name);
    expect((await api.ask(path, { key: secret })).status).toBe(200);
    expect([await keys.revoke(key_id), await keys.revoke(key_id)]).toEqual(["revoked", "revoked_before"]);
    const { key: other } = await keys.create(eve.name);
    expect((await api.ask(path, { key: other })).status).toBe(404);
  });
});

import { describe, expect, test } from "vitest";
import { WORKFLOWS_OWNER } from "../../../lambdas/api-keys/owner.ts";
import { createApiKeyStore } from "../../../lambdas/api-keys/table.ts";
import { inMemoryTable } from "../../support/in-memory-table.ts";

const NOON = Date.parse("2026-11-22T12:00:00.000Z");

function keys() {
  const { client, items } = inMemoryTable();
  const clock = { now: NOON };
  return { items, clock, store: createApiKeyStore(client, "table", () => clock.now) };
}

describe("API keys", () => {
  test("a key names its owner, and the table knows its hash alone", async () => {
    const { store, items } = keys();
    const { key, key_id } = await store.create("web-shop");

    expect(await store.find(key)).toMatchObject({ key_id, key_owner: "web-shop", revoked_at: null });
    expect(JSON.stringify([...items])).not.toContain(key);
  });

  test("an unknown key is nobody's", async () => {
    const { store } = keys();
    await store.create("web-shop");

    expect(await store.find("aik_unknown")).toBeNull();
  });

  test("a revoked key is nobody's, and stays in the list", async () => {
    const { store } = keys();
    const { key, key_id } = await store.create("web-shop");
    const other = await store.create("web-shop");

    expect(await store.revoke(key_id)).toBe("revoked");

    expect(await store.find(key)).toBeNull();
    expect(await store.find(other.key)).not.toBeNull();
    expect((await store.list()).map(({ revoked_at }) => revoked_at !== null).sort()).toEqual([false, true]);
  });

  test("a key that is revoked again keeps the date of the first time", async () => {
    const { store, clock } = keys();
    const { key_id } = await store.create("web-shop");
    await store.revoke(key_id);
    clock.now += 60_000;

    expect(await store.revoke(key_id)).toBe("revoked_before");

    expect((await store.list())[0]?.revoked_at).toBe("2026-11-22T12:00:00.000Z");
  });

  test("nothing but a whole key id revokes", async () => {
    const { store } = keys();
    const { key, key_id } = await store.create("web-shop");

    expect([
      await store.revoke(""),
      await store.revoke(key_id.slice(0, 6)),
      await store.revoke("0".repeat(12)),
    ]).toEqual(["unknown", "unknown", "unknown"]);
    expect(await store.find(key)).not.toBeNull();
  });

  test.each(["", "#api-keys", "a/b", "a b", "-a", "x".repeat(65)])("no key is made for %j", async (owner) => {
    await expect(keys().store.create(owner)).rejects.toThrow(/owner's name/);
  });

  test("no key is made for the workflows' owner, and one that is there opens nothing", async () => {
    const { store, items } = keys();
    await expect(store.create(WORKFLOWS_OWNER)).rejects.toThrow(/is kept for Step Functions/);
    expect(items.size).toBe(0);

    const { key } = await store.create("web-shop");
    for (const item of items.values()) item["key_owner"] = WORKFLOWS_OWNER;
    expect(await store.find(key)).toBeNull();
  });
});

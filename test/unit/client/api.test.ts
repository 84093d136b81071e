import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Api, call } from "../../../bin/client/api.ts";
import { Failure } from "../../../bin/failure.ts";

const api: Api = { url: "http://127.0.0.1:9/v1", credential: "aik_1", remedy: "start it" };
const { signal } = new AbortController();

const fetched = vi.fn<typeof fetch>();
beforeEach(() => {
  fetched.mockReset();
  fetched.mockResolvedValue(Response.json({ done: true }));
  vi.stubGlobal("fetch", fetched);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function failureOf(calling: Promise<unknown>): Promise<Failure> {
  const error = await calling.catch((thrown: unknown) => thrown);
  if (error instanceof Failure) return error;
  throw new Error("no failure");
}

describe("a header that cannot be sent", () => {
  test.each(["clé-€1", "a\nb", "ключ"])("%j is wrong use, named before anything is sent", async (key) => {
    const headers = { "idempotency-key": key };
    const failure = await failureOf(call(api, { method: "POST", path: "/", headers }, signal));
    expect(failure.exitCode).toBe(2);
    expect(failure.message).toContain(`idempotency-key ${JSON.stringify(key)}`);
    expect(fetched).not.toHaveBeenCalled();
  });

  test("is not shown where it is the API key", async () => {
    const failure = await failureOf(
      call({ ...api, credential: "aik_€" }, { method: "GET", path: "/" }, signal),
    );
    expect(failure.exitCode).toBe(2);
    expect(failure.message).toContain("IMAGE_SERVICE_API_KEY");
    expect(failure.message).not.toContain("€");
  });
});

test("the others go with the call", async () => {
  const headers = { prefer: "wait=1" };
  await call(api, { method: "POST", path: "/generations", headers, body: {} }, signal);
  const sent = new Headers(fetched.mock.calls[0]?.[1]?.headers);
  expect([...sent]).toEqual([
    ["authorization", "Bearer aik_1"],
    ["content-type", "application/json"],
    ["prefer", "wait=1"],
  ]);
});

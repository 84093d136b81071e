import { describe, expect, test } from "vitest";
import { ask } from "./api.ts";

describe.each(["/generations", "/images/generations", "/batches"])("a body that %s cannot take", (path) => {
  const post = (body: string, type = "application/json") =>
    ask(path, { method: "POST", body, headers: { "content-type": type } });

  test("is malformed, of another type, too large or invalid", async () => {
    for (const body of ["", '{"prompt":', "\u0000", "[1,]"])
      expect(await post(body)).toMatchObject({ status: 400, body: { code: "malformed_json" } });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
      expect(await post('{"prompt":"a"}', type)).toMatchObject({
        status: 415,
        body: { code: "unsupported_media_type" },
      });
    expect(await post(JSON.stringify({ prompt: "a".repeat(65_536) }))).toMatchObject({
      status: 413,
      body: { code: "payload_too_large" },
    });
    for (const body of ["null", "[]", '"a"', "{}", '{"prompt":"a","__proto__":{}}'])
      expect(await post(body)).toMatchObject({ status: 422, body: { code: "invalid_request" } });
  });

  test("may be as large as 64 KiB, and in a type with parameters", async () => {
    const body = JSON.stringify({ prompt: "a" }).padEnd(65_536, " ");
    const told = await ask(path, {
      body: body.replace('"a"', '""').padEnd(65_536, " "),
      headers: { "content-type": "Application/JSON; charset=utf-8" },
    });
    expect([told.status, told.body["code"]]).toEqual([422, "invalid_request"]);
  });
});

import type { APIGatewayProxyEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { rootOf } from "../../../lambdas/http/root.ts";
import { apiUnderTest, eventOf } from "../../support/in-memory-api.ts";

const root = (requestContext: object, headers: Record<string, string> = {}, path = "/generations/gen_1") =>
  rootOf({ requestContext, headers } as unknown as APIGatewayProxyEvent, path);

describe("the address that a caller used", () => {
  test.each([
    ["the stage", "a1.execute-api.eu-west-1.amazonaws.com", "/v1/generations/gen_1", "/v1"],
    ["a custom domain", "images.shop.example", "/generations/gen_1", ""],
    ["a custom domain's base path", "api.shop.example", "/images/v1/generations/gen_1", "/images/v1"],
  ])("is behind API Gateway that of %s", (_, domainName, path, prefix) => {
    expect(root({ domainName, path, stage: "v1", apiId: "a1" })).toBe(`https://${domainName}${prefix}`);
  });

  test("has its stage where the path is spelled in another way", () => {
    const domainName = "a1.execute-api.eu-west-1.amazonaws.com";
    expect(root({ domainName, path: "/v1/a%20b", stage: "v1" }, {}, "/a b")).toBe(`https://${domainName}/v1`);
    expect(root({ domainName, path: "/v1/a%2Fb", stage: "v1" }, {}, "/a/b")).toBe(`https://${domainName}/v1`);
    expect(root({ domainName, path: "/v1/%", stage: "v1" }, {}, "/x")).toBe(`https://${domainName}/v1`);
  });

  test("is not what a Host header says, where API Gateway says it", () => {
    const domainName = "a1.execute-api.eu-west-1.amazonaws.com";
    const told = root(
      { domainName, path: "/v1/generations/gen_1", stage: "v1", apiId: "a1" },
      { Host: "127.0.0.1", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http" },
    );
    expect(told).toBe(`https://${domainName}/v1`);
  });

  const local = { stage: "v1", apiId: "a1", path: "/v1/generations/gen_1" };

  test.each([
    ["127.0.0.1:4566", "http://127.0.0.1:4566/_aws/execute-api/a1/v1"],
    ["localhost:4566", "http://localhost:4566/_aws/execute-api/a1/v1"],
    ["a1.execute-api.localhost:4566", "http://a1.execute-api.localhost:4566/v1"],
  ])("is on this machine %s", (host, expected) => {
    expect(root(local, { host })).toBe(expected);
  });

  test.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "evil.example/localhost",
    "",
  ])("is no foreign host %s: then it is left to the reader", (host) => {
    expect(root(local, { Host: host })).toBe("/v1");
  });
});

describe("every address in an answer", () => {
  test("can be followed as it is, through a custom domain too; the tag is the same", async () => {
    const api = apiUnderTest();
    const body = { prompt: "a fox" };
    const headers = { Prefer: "respond-async" };
    const made = await api.send({ method: "POST", path: "/generations", body, headers });
    const path = `/generations/${made.body.id}`;
    const { requestContext } = eventOf({ path });
    const event = {
      requestContext: { ...requestContext, domainName: "shop.example", path: `/images${path}` },
    };
    const read = await api.send({ path, event });

    const self = `https://shop.example/images${path}`;
    expect(read.body.urls).toEqual({
      self,
      image: `${self}/image`,
      cancel: `${self}/cancel`,
      history: `${self}/history`,
    });
    expect(made.body.urls.self).toBe(made.headers["location"]);
    expect(read.headers["etag"]).toBe(made.headers["etag"]);
    const { data } = (await api.send({ path: "/generations" })).body;
    expect(data[0].urls).toEqual(made.body.urls);
  });
});

test("a page at a path of its own is found behind a base path too", async () => {
  const event = {
    resource: "/problems/{name}",
    pathParameters: { name: "gone" },
    path: "/images/problems/gone",
    requestContext: { domainName: "shop.example", path: "/images/problems/gone", stage: "v1" },
  };
  const { status } = await apiUnderTest().send({ path: "/x", owner: null, event: event as object });
  expect(status).toBe(200);
});

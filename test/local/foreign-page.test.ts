import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { DeleteFunctionCommand, GetFunctionCommand } from "@aws-sdk/client-lambda";
import { ListQueuesCommand } from "@aws-sdk/client-sqs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { rawRequest, webSocketHeaders } from "../support/raw-request.ts";
import { aws, stack } from "./harness.ts";

const { origin, host } = new URL(stack.aws_endpoint);
const port = Number(new URL(origin).port);
const FOREIGN = "https://evil.example";

/** A call that the emulator would take from anybody. */
type Call = Parameters<typeof rawRequest>[1] & { readonly path: string };

const functions = "/2015-03-31/functions";
/** Makes code to run on this machine; a page may send it to any address without asking first. */
const creating = (name: string): Call => ({
  method: "POST",
  path: functions,
  headers: { "content-type": "text/plain" },
  body: JSON.stringify({
    FunctionName: name,
    Runtime: "nodejs22.x",
    Role: "arn:aws:iam::000000000000:role/any",
    Handler: "index.handler",
    Code: { ZipFile: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" },
  }),
});
const readingTheKey: Call = {
  method: "POST",
  path: "/",
  headers: { "content-type": "text/plain", "x-amz-target": "secretsmanager.GetSecretValue" },
  body: JSON.stringify({ SecretId: stack.secret_arn }),
};
const listing: Call = { path: `${functions}/` };
const docs: Call = { path: new URL(`${stack.api_url}/docs`).pathname };

const ask = (call: Call, headers: Record<string, string> = {}) =>
  rawRequest(port, { ...call, headers: { ...call.headers, ...headers } });

const exists = (name: string) =>
  aws.functions.send(new GetFunctionCommand({ FunctionName: name })).then(
    () => true,
    (error: Error) => {
      if (error.name === "ResourceNotFoundException") return false;
      throw error;
    },
  );

describe("a page elsewhere", () => {
  const ways: [how: string, headers: Record<string, string>][] = [
    ["its origin", { origin: FOREIGN }],
    ["an origin of its own making", { origin: "null" }],
    ["another port of this machine", { origin: "http://127.0.0.1:3000" }],
    ["the same page by another name", { origin: `http://localhost:${port}` }],
    ["the browser's word that it is elsewhere", { "sec-fetch-site": "cross-site" }],
    ["the browser's word that it is on another port", { "sec-fetch-site": "same-site" }],
    ["an old browser's word of where it is", { referer: `${FOREIGN}/` }],
    ["a name that its DNS leads here", { host: `evil.example:${port}` }],
    ["such a name as its origin", { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }],
  ];
  test.for(ways)("is known by %s, and gets nothing", async ([, headers]) => {
    for (const call of [creating("foreign"), readingTheKey, listing, docs]) {
      const { status, body, headers: answered } = await ask(call, headers);
      expect([call.path, status]).toEqual([call.path, 403]);
      expect(body).toMatch(/^This address is for programs on this machine/);
      expect(Object.keys(answered).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
    expect(await exists("foreign")).toBe(false);
  });

  test.for([docs.path, functions, "/"])("may not ask first either: %s", async (path) => {
    const { status, headers } = await ask(
      { method: "OPTIONS", path },
      {
        origin: FOREIGN,
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-amz-target",
        "access-control-request-private-network": "true",
      },
    );
    expect(status).toBe(403);
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });

  test("opens no stream of events and no WebSocket", async () => {
    const events = await ask(listing, { accept: "text/event-stream", origin: FOREIGN });
    const socket = await ask({ path: "/" }, { ...webSocketHeaders, origin: FOREIGN });
    expect([events.status, socket.status]).toEqual([403, 403]);
  });
});

describe("a program of this machine", () => {
  test("makes functions and reads the key: it is the page that is kept out, not the call", async () => {
    expect((await ask(creating("own"))).status).toBe(201);
    expect(await exists("own")).toBe(true);
    await aws.functions.send(new DeleteFunctionCommand({ FunctionName: "own" }));
    expect(JSON.parse((await ask(readingTheKey)).body)).toMatchObject({ SecretString: expect.any(String) });
  });

  test("is told nothing of other origins", async () => {
    for (const call of [listing, docs, readingTheKey]) {
      const { status, headers } = await ask(call);
      expect(status).toBe(200);
      expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  test.for(["127.0.0.1", "localhost", "bucket.s3.localhost"])("reaches it as %s", async (name) => {
    expect((await ask({ path: "/_ministack/health" }, { host: `${name}:${port}` })).status).toBe(200);
  });

  test("and the service's own page are let in", async () => {
    const own = { origin, host, referer: `${stack.api_url}/docs`, "sec-fetch-site": "same-origin" };
    expect((await ask(docs, own)).status).toBe(200);
    // Not even it calls AWS: it might show what somebody else has put into the bucket.
    expect((await ask(readingTheKey, own)).status).toBe(403);
  });
});

describe("in a real browser, a page on another port of this machine", () => {
  let elsewhere: Server;
  let browser: Browser;
  let page: Page;
  let foreign: string;
  const answers: [status: number, url: string][] = [];

  // Installing a browser takes its time.
  beforeAll(async () => {
    elsewhere = createServer((incoming, outgoing) => {
      const to = new URL(incoming.url ?? "", "http://elsewhere").searchParams.get("to");
      if (to !== null) outgoing.writeHead(302, { location: origin + to }).end();
      else outgoing.setHeader("content-type", "text/html").end(attacker(stack.aws_endpoint));
    });
    elsewhere.listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const address = elsewhere.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    browser = await startChromium();
    page = await browser.newPage();
    page.on("response", (response) => {
      if (new URL(response.url()).origin === origin) answers.push([response.status(), response.url()]);
    });
    foreign = `http://127.0.0.1:${address.port}`;
    await page.goto(`${foreign}/`);
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    elsewhere?.close();
  });

  test("reads nothing, by no means a browser has", async () => {
    expect(await page.evaluate("attempts()")).toEqual({
      fetch: "nothing",
      fetchWithHeaders: "nothing",
      eventSource: "nothing",
      webSocket: "nothing",
    });
  });

  test("and makes nothing: neither with a blind call nor with a form", async () => {
    await page.evaluate("blindly('blind')");
    const form = page.waitForResponse((response) => response.request().resourceType() === "document");
    await page.evaluate("byForm('form')");
    expect((await form).status()).toBe(403);
    expect([await exists("blind"), await exists("form")]).toEqual([false, false]);
  });

  test("as each of its calls was refused", () => {
    // The browser tells of no answer that a page may not see: but for blind calls and forms, that is all.
    expect(answers).toEqual([
      [403, origin + functions],
      [403, origin + functions],
    ]);
  });

  test("while the service's own page, typed into the address bar, asks what it likes", async () => {
    const own = await browser.newPage();
    const answered = await own.goto(`${stack.api_url}/docs`);
    expect(answered?.status()).toBe(200);
    const status = `fetch("openapi.json").then(({ status }) => status)`;
    expect(await own.evaluate(status)).toBe(200);
  });

  test("and a link that leads there by a redirect, as from a mail, makes no call of AWS", async () => {
    const followed = await browser.newPage();
    const leading = `${foreign}/lead?to=${encodeURIComponent("/?Action=CreateQueue&QueueName=linked")}`;
    const answered = await followed.goto(leading);
    expect(await answered?.request().headerValue("sec-fetch-site")).toBe("none");
    expect([answered?.url(), answered?.status()]).toEqual([
      `${origin}/?Action=CreateQueue&QueueName=linked`,
      403,
    ]);
    const made = await aws.queue.send(new ListQueuesCommand({ QueueNamePrefix: "linked" }));
    expect(made.QueueUrls ?? []).toEqual([]);
    // A program's same GET makes it: what is kept out is the browser.
    expect((await ask({ path: "/?Action=CreateQueue&QueueName=linked" })).status).toBe(200);
  });
});

/** A page that tries everything. */
function attacker(target: string): string {
  const script = `
    const target = ${JSON.stringify(target)};
    const create = (name) => JSON.stringify({
      ...${JSON.stringify(JSON.parse(String(creating("")["body"])))}, FunctionName: name,
    });
    const outcome = (start) => new Promise((resolve) => {
      start((text) => resolve(text));
      setTimeout(() => resolve("nothing"), 3000);
    });
    const reading = (init) => fetch(target + ${JSON.stringify(listing.path)}, init)
      .then((answer) => answer.text(), () => "nothing");
    const attempts = async () => ({
      fetch: await reading({}),
      fetchWithHeaders: await reading({ method: "POST", headers: { "x-amz-target": "secretsmanager.GetSecretValue" } }),
      eventSource: await outcome((tell) => {
        const source = new EventSource(target + "/events");
        source.onopen = source.onmessage = () => tell("open");
        source.onerror = () => tell("nothing");
      }),
      webSocket: await outcome((tell) => {
        const socket = new WebSocket(target.replace("http", "ws"));
        socket.onopen = () => tell("open");
        socket.onerror = () => tell("nothing");
      }),
    });
    const blindly = (name) => fetch(target + "${functions}", { method: "POST", mode: "no-cors", body: create(name) })
      .then(() => "sent");
    const byForm = (name) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", enctype: "text/plain", action: target + "${functions}" });
      const input = document.createElement("input");
      // A form sends name=value: the rest of the JSON takes up the sign.
      Object.assign(input, { name: create(name).slice(0, -1) + ',"x":"', value: '"}' });
      form.append(input);
      document.body.append(form);
      form.submit();
    };`;
  return `<!doctype html><title>Elsewhere</title><body><script>${script}</script>`;
}

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectSimulator } from "../support/dashscope-simulator/client.ts";
import { faultNames } from "../support/dashscope-simulator/faults.ts";
import { paintLandscape } from "../support/dashscope-simulator/painting.ts";
import { providerErrors } from "../support/dashscope-simulator/provider-errors.ts";
import { Quota, type QuotaWindow } from "../support/dashscope-simulator/quota.ts";
import { type Simulator, startSimulator } from "../support/dashscope-simulator/server.ts";

const route = "/api/v1/services/aigc/multimodal-generation/generation";

interface Answer {
  readonly request_id: string;
  readonly code?: string;
  readonly message?: string;
  readonly output: {
    readonly choices: readonly { readonly message: { readonly content: readonly { image?: string }[] } }[];
    readonly task_metric?: unknown;
  };
  readonly usage: Record<string, number>;
}

let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator({ latencyMs: 0, pictures: "plain" });
});

beforeEach(() => simulator.reset());

afterAll(() => simulator.close());

function post(body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${simulator.baseUrl}${route}`, {
    method: "POST",
    headers: { authorization: "Bearer sk-test", "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
    ...(signal === undefined ? {} : { signal }),
  });
}

function bodyFor(prompt: string, parameters: Record<string, unknown> = { seed: 1 }): unknown {
  return {
    model: "qwen-image-max",
    input: { messages: [{ role: "user", content: [{ text: prompt }] }] },
    parameters,
  };
}

async function paint(
  prompt: string,
  parameters?: Record<string, unknown>,
): Promise<{ answer: Answer; url: string }> {
  const answer = (await (await post(bodyFor(prompt, parameters))).json()) as Answer;
  const parts = answer.output.choices[0]!.message.content;
  return { answer, url: parts.find(({ image }) => image !== undefined)?.image ?? "" };
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

const sizeOf = (png: Buffer): string => `${png.readUInt32BE(16)}*${png.readUInt32BE(20)}`;
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

describe("a call to the provider", () => {
  it("answers in the documented shape", async () => {
    const response = await post(bodyFor("a red fox", { size: "928*1664", seed: 4 }));
    const answer = (await response.json()) as Answer;
    expect(response.headers.get("x-dashscope-timeout")).toBe("298");
    expect(answer).toMatchObject({
      output: { task_metric: { TOTAL: 1, SUCCEEDED: 1, FAILED: 0 } },
      usage: { image_count: 1, width: 928, height: 1664 },
    });
    expect(answer.request_id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ["n other than 1", { parameters: { n: 2 } }, "num_images_per_prompt must be 1"],
    ["n of the wrong type", { parameters: { n: "1" } }, "num_images_per_prompt must be 1"],
    ["a size not offered", { parameters: { size: "1024*1024" } }, "size must be in"],
    ["a seed out of range", { parameters: { seed: 2147483648 } }, "seed must be"],
    ["a seed that is text", { parameters: { seed: "7" } }, "seed must be"],
    ["a flag that is text", { parameters: { watermark: "no" } }, "watermark must be"],
    ["no messages", { input: { messages: [] } }, "exactly one message"],
    ["another role", { input: { messages: [{ role: "system", content: [{ text: "x" }] }] } }, "role"],
    [
      "two texts",
      { input: { messages: [{ role: "user", content: [{ text: "x" }, { text: "y" }] }] } },
      "one text",
    ],
    ["no model", { model: undefined }, "model"],
  ])("refuses %s", async (_case, change, message) => {
    const response = await post({ ...(bodyFor("a red fox") as object), ...change });
    expect(response.status).toBe(400);
    const answer = (await response.json()) as Answer;
    expect(answer.code).toBe("InvalidParameter");
    expect(answer.message).toContain(message);
    expect(await simulator.calls()).toMatchObject([{ outcome: "rejected", billed: false }]);
  });

  it("refuses a body that is not JSON, a model it does not have and a missing key", async () => {
    expect(await (await post("{nonsense")).json()).toMatchObject({ code: "InvalidParameter" });
    const otherModel = await post({ ...(bodyFor("x") as object), model: "qwen-image-mini" });
    expect(otherModel.status).toBe(404);
    expect(await otherModel.json()).toMatchObject({ code: "ModelNotFound" });
    const keyless = await post(bodyFor("x"), { authorization: "" });
    expect(keyless.status).toBe(401);
    expect(await keyless.json()).toMatchObject({ code: "InvalidApiKey" });
  });

  it("follows a rotation of keys", async () => {
    await simulator.settings({ validKeys: ["sk-new"] });
    expect((await post(bodyFor("x"))).status).toBe(401);
    expect((await post(bodyFor("x"), { authorization: "Bearer sk-new" })).status).toBe(200);
  });

  it("cuts a long prompt without a word, by code points", async () => {
    const head = "🦊".repeat(800);
    const first = await paint(`${head} one`);
    const second = await paint(`${head} two`);
    expect(sha256(await download(first.url))).toBe(sha256(await download(second.url)));
    expect((await simulator.calls())[0]?.parameters?.prompt_truncated).toBe(true);
  });

  it("paints and bills although the client has left", async () => {
    await expect(post(bodyFor("gone [[latency:150]]"), {}, AbortSignal.timeout(40))).rejects.toThrow();
    await expect
      .poll(async () => (await simulator.calls("gone"))[0])
      .toMatchObject({ outcome: "painted", billed: true, client_left: true });
  });
});

describe("the quota", () => {
  /** Whether calls at these times (milliseconds) pass. */
  function passing(windows: QuotaWindow[]) {
    let now = 0;
    const quota = new Quota(
      () => windows,
      () => now,
    );
    const at = (time: number): boolean => {
      now = time;
      return quota.take();
    };
    return { quota, at };
  }

  it("may count in the calendar's minutes: two calls around its turn pass", () => {
    const { at } = passing([{ requests: 1, seconds: 60, by: "calendar" }]);
    expect([59_999, 60_000, 60_001, 119_999, 120_000].map(at)).toEqual([true, true, false, false, true]);
  });

  it("may count in several windows: a call needs room in each", () => {
    const { at } = passing([
      { requests: 2, seconds: 60, by: "sliding" },
      { requests: 1, seconds: 1, by: "sliding" },
    ]);
    expect([0, 999, 1000, 2000, 60_000, 61_000].map(at)).toEqual([true, false, true, false, true, true]);
  });

  it("is a sliding window: no window of that length holds more", () => {
    const { quota, at } = passing([{ requests: 2, seconds: 60, by: "sliding" }]);
    expect([0, 50_000, 59_999, 60_000, 60_001, 109_999, 110_000].map(at)).toEqual([
      true,
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(quota).toMatchObject({ accepted: 4, throttled: 3 });
  });

  it("answers 429 above the limit, and tells the limit", async () => {
    await simulator.settings({ requestsPerMinute: 1 });
    expect((await post(bodyFor("one"))).status).toBe(200);
    const refused = await post(bodyFor("two"));
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({
      code: "Throttling.RateQuota",
      message: "Requests rate limit exceeded, please try again later.",
    });
    expect((await simulator.calls("two"))[0]).toMatchObject({ outcome: "throttled", billed: false });
    expect((await simulator.health()).counts).toMatchObject({ accepted: 1, throttled: 1, billed: 1 });
    const quotas = await fetch(`${simulator.baseUrl}/api/v1/quotas?model=qwen-image-max`, {
      headers: { authorization: "Bearer sk-test" },
    });
    expect(await quotas.json()).toMatchObject({ data: { request_limit: 1, request_remaining: 0 } });
    expect((await fetch(`${simulator.baseUrl}/api/v1/quotas?model=qwen-image-max`)).status).toBe(401);
  });
});

describe("a result", () => {
  it("has the size asked for, and the books know its bytes", async () => {
    const { url } = await paint("a fox", { seed: 9, size: "1104*1472" });
    const response = await fetch(url);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(sizeOf(bytes)).toBe("1104*1472");
    const md5 = createHash("md5").update(bytes).digest();
    expect(response.headers.get("etag")).toBe(`"${md5.toString("hex").toUpperCase()}"`);
    expect(response.headers.get("content-md5")).toBe(md5.toString("base64"));
    const [call] = await simulator.calls("a fox");
    expect(call).toMatchObject({
      image_sha256: sha256(bytes),
      downloads: 1,
      outcome: "painted",
      billed: true,
    });
    expect(await simulator.image(call!.image_sha256!)).toEqual(bytes);
  });

  it("is refused when the query is altered, decoded or dropped", async () => {
    const { url } = await paint("a fox");
    expect(url).toMatch(/%2B/);
    expect(url).toMatch(/%2F/);
    for (const altered of [
      url.replace("%2B", "+"),
      url.replaceAll("%2F", "/"),
      encodeURI(url),
      url.split("?")[0]!,
      `${url}x`,
      url.replace(/Expires=\d+/, "Expires=9999999999"),
    ]) {
      expect((await fetch(altered)).status, altered).toBe(403);
    }
    expect((await fetch(url)).status).toBe(200);
  });

  it("dies at its expiry", async () => {
    await simulator.settings({ urlTtlSeconds: -1 });
    const { url } = await paint("a fox");
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("<Code>AccessDenied</Code>");
  });

  it("must not be asked for with the key", async () => {
    const { url } = await paint("a fox");
    expect((await fetch(url, { headers: { authorization: "Bearer sk-test" } })).status).toBe(400);
    expect(await simulator.violations()).toHaveLength(1);
  });
});

describe("pictures", () => {
  const order = { prompt: "a red fox at dawn", seed: 1, width: 464, height: 832, watermark: false };

  it("are the same for the same prompt and seed, else different", async () => {
    const [first, again, seed, prompt, watermark] = await Promise.all(
      [
        order,
        order,
        { ...order, seed: 2 },
        { ...order, prompt: "a blue fox at dawn" },
        { ...order, watermark: true },
      ].map(paintLandscape),
    );
    expect(sizeOf(first!)).toBe("464*832");
    expect(again).toEqual(first);
    expect(new Set([first, seed, prompt, watermark].map((bytes) => sha256(bytes!))).size).toBe(4);
  });

  it("differ by prompt and seed in the plain style too", async () => {
    await paint("one", { seed: 1 });
    await paint("one", { seed: 2 });
    await paint("two", { seed: 1 });
    await paint("two", { seed: 1 });
    expect(new Set((await simulator.calls()).map(({ image_sha256: digest }) => digest)).size).toBe(3);
  });
});

describe("faults of the call", () => {
  it.each(providerErrors)("answers $status $code when told to", async ({ status, code, message }) => {
    const response = await post(bodyFor(`x [[error:${status}:${code}:${message}]]`));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, message });
    expect((await simulator.calls())[0]?.billed).toBe(false);
  });

  it("counts by prompt: a fault that happens once lets the second call pass", async () => {
    const statuses: number[] = [];
    for (const prompt of ["a", "a", "b", "a"]) {
      statuses.push((await post(bodyFor(`${prompt} [[fault:throttle-once]]`))).status);
    }
    expect(statuses).toEqual([429, 200, 429, 200]);
  });

  it("can be queued for the next calls that match", async () => {
    await simulator.addFault({ match: "fox", fault: "error:500:InternalError", times: 2 });
    const statuses: number[] = [];
    for (const prompt of ["a fox", "a bird", "a fox", "a fox"])
      statuses.push((await post(bodyFor(prompt))).status);
    expect(statuses).toEqual([500, 200, 500, 200]);
  });

  it("refuses a fault it does not know, so that a typo is no silent success", async () => {
    expect((await post(bodyFor("x [[fault:restet]]"))).status).toBe(400);
    await expect(simulator.addFault({ fault: "restet" })).rejects.toThrow("unknown fault");
  });

  it.each([
    ["reset", "painted", true],
    ["reset-before", "dropped", false],
    ["truncate", "painted", true],
  ])("%s breaks the connection", async (fault, outcome, billed) => {
    await expect(
      post(bodyFor(`x [[fault:${fault}*1]]`)).then((response) => response.json()),
    ).rejects.toThrow();
    expect((await simulator.calls())[0]).toMatchObject({
      outcome,
      billed,
      answer: fault,
      client_left: false,
    });
    expect((await post(bodyFor(`x [[fault:${fault}*1]]`))).status).toBe(200);
  });

  it("hang never answers, and bills", async () => {
    await expect(post(bodyFor("x [[fault:hang]]"), {}, AbortSignal.timeout(80))).rejects.toThrow();
    await expect
      .poll(async () => (await simulator.calls())[0])
      .toMatchObject({ billed: true, client_left: true });
    await simulator.settings({ giveUpMs: 10 });
    expect((await post(bodyFor("x [[fault:hang]]"))).status).toBe(504);
  });

  it.each([
    ["html-502", 502, false],
    ["html-504", 504, true],
    ["empty-200", 200, true],
    ["not-json-200", 200, true],
    ["redirect", 302, false],
  ])("%s is no JSON", async (fault, status, billed) => {
    const response = await post(bodyFor(`x [[fault:${fault}]]`));
    expect(response.status).toBe(status);
    await expect(response.json()).rejects.toThrow();
    expect((await simulator.calls())[0]).toMatchObject({ billed });
  });

  it("changes the shape of a success, several ways at once", async () => {
    const { answer } = await paint("x [[fault:alt-usage]] [[fault:multi-part]] [[fault:no-task-metric]]");
    expect(answer.usage).toEqual({ output_image_count: 1, output_width: 1664, output_height: 928 });
    const image: unknown = expect.stringContaining("-1.png?Expires=");
    expect(answer.output.choices[0]?.message.content).toEqual([{ text: "Here it is." }, { image }]);
    expect(answer.output.task_metric).toBeUndefined();
    expect((await paint("y [[fault:no-image]]")).url).toBe("");
    expect((await paint("y [[fault:wrong-usage-size]]")).answer.usage).toMatchObject({ width: 1696 });
    expect(await (await post(bodyFor("y [[fault:json-200-error]]"))).json()).toMatchObject({
      code: "InternalError.Algo",
    });
  });

  it("changes the URL", async () => {
    expect((await paint("x [[fault:off-list-host]]")).url).toMatch(/^https:\/\/evil\.example\.com\//);
    expect((await paint("x [[fault:http-url]]")).url).toMatch(/^http:\/\/dashscope-7c2c\.oss-cn-shanghai/);
    expect((await paint("x [[image-url:https://169.254.169.254/a.png]]")).url).toBe(
      "https://169.254.169.254/a.png",
    );
    const elsewhere = (await paint("x [[fault:localhost-url]]")).url;
    expect(elsewhere).toMatch(/^http:\/\/localhost:/);
    expect((await fetch(elsewhere)).status).toBe(200);
  });

  it("sends a huge body, and headers drop by drop", async () => {
    expect((await (await post(bodyFor("x [[fault:huge-body]]"))).text()).length).toBeGreaterThan(
      16 * 1024 * 1024,
    );
    const start = performance.now();
    const slow = await post(bodyFor("x [[fault:slow-headers]]"));
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(await slow.json()).toMatchObject({ usage: { image_count: 1 } });
  });

  it("every name is understood", async () => {
    for (const fault of faultNames) await simulator.addFault({ match: "never said", fault });
  });
});

describe("faults of the download", () => {
  it("happen as often as told, one after the other, then the picture comes", async () => {
    const { url } = await paint("x [[fault:image-500*2]] [[fault:image-404*1]]");
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await fetch(url)).status);
    expect(statuses).toEqual([500, 500, 404, 200]);
    expect((await simulator.calls())[0]?.downloads).toBe(4);
  });

  it.each(["image-truncate", "image-reset"])("%s breaks the transfer", async (fault) => {
    const { url } = await paint(`x [[fault:${fault}*1]]`);
    await expect(fetch(url).then((response) => response.arrayBuffer())).rejects.toThrow();
    expect(sizeOf(await download(url))).toBe("1664*928");
  });

  it.each(["image-hang", "image-stall"])("%s never ends", async (fault) => {
    const { url } = await paint(`x [[fault:${fault}*1]]`);
    const signal = AbortSignal.timeout(80);
    await expect(fetch(url, { signal }).then((response) => response.arrayBuffer())).rejects.toThrow(
      "timeout",
    );
  });

  it("gives other bytes than a good picture", async () => {
    expect(sizeOf(await download((await paint("x [[fault:image-wrong-size]]")).url))).toBe("512*512");
    const open = await download((await paint("x [[fault:image-no-iend]]")).url);
    expect(open.subarray(-12).includes("IEND")).toBe(false);
    const wrong = await download((await paint("x [[fault:image-bad-crc]]")).url);
    const data = wrong.subarray(wrong.indexOf("IDAT"), -16);
    expect(wrong.readUInt32BE(wrong.length - 16) ^ crc32(data)).toBe(1);
    expect((await download((await paint("x [[fault:image-not-png]]")).url)).toString()).toContain("<html>");
    const octets = await fetch((await paint("x [[fault:image-octet-stream]] [[fault:image-bad-md5]]")).url);
    expect(octets.headers.get("content-type")).toBe("application/octet-stream");
    const md5 = createHash("md5").update(Buffer.from(await octets.arrayBuffer()));
    expect(octets.headers.get("content-md5")).not.toBe(md5.digest("base64"));
  });

  it("can be a little under or well over 32 MiB", async () => {
    const limit = 32 * 1024 * 1024;
    const large = await download((await paint("x [[fault:image-32mib]]")).url);
    expect(large.length).toBe(limit - 1024);
    expect(sizeOf(large)).toBe("1664*928");
    expect(large.subarray(-8, -4).toString()).toBe("IEND");
    for (const fault of ["image-oversized", "image-oversized-chunked"]) {
      const response = await fetch((await paint(`x [[fault:${fault}]]`)).url);
      expect(response.headers.has("content-length")).toBe(fault === "image-oversized");
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(limit);
    }
  });

  it("records a client that follows a redirect", async () => {
    const { url } = await paint("x [[fault:image-redirect]]");
    expect((await fetch(url, { redirect: "manual" })).status).toBe(302);
    expect(await simulator.violations()).toEqual([]);
    await fetch(url);
    expect(await simulator.violations()).toHaveLength(1);
  });

  it("includes a URL that is dead at birth", async () => {
    expect((await fetch((await paint("x [[fault:image-expired]]")).url)).status).toBe(403);
  });
});

describe("as a process of its own", () => {
  it("says where it is, obeys its flags and the same controls, and ends on SIGTERM", async () => {
    const main = new URL("../support/dashscope-simulator/main.ts", import.meta.url).pathname;
    const flags = [
      "--latency-ms",
      "0",
      "--pictures",
      "plain",
      "--key",
      "sk-only",
      "--requests-per-minute",
      "2",
    ];
    const child = spawn(process.execPath, [main, ...flags], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    try {
      const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
      const ready = JSON.parse(line) as { base_url: string; image_host: string; pid: number };
      expect(ready.pid).toBe(child.pid);
      const control = await connectSimulator(ready.base_url);
      expect(control.imageHost).toBe(ready.image_host);
      expect(await control.settings()).toMatchObject({
        validKeys: ["sk-only"],
        requestsPerMinute: 2,
        latencyMs: 0,
      });
    } finally {
      child.kill("SIGTERM");
    }
    expect(await exited).toEqual([0, null]);
  });
});

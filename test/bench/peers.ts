import { type BenchCloud, progress, withCloud } from "./cloud.ts";
import { type Answer, type Ask, startClients } from "./peers/python-clients.ts";
import type { Row } from "./row.ts";

/** What each contestant goes through, one after the other, on the same double in the same minutes. */
const TRIALS = [
  { what: "one picture, provider 2 s", prompts: ["one"], times: 3 },
  {
    what: "20 at once, 60 a minute and one a second",
    prompts: Array.from({ length: 20 }, (_, i) => `many ${i}`),
    times: 1,
  },
  { what: "an answer that is lost after painting", prompts: ["lost [[fault:reset]]"], times: 1 },
];

const WAY_OUT_SECONDS = 120;

/** The service beside what its users would take instead: what was paid, what they hold, errors, time. */
export function benchPeers(): Promise<Row[]> {
  return withCloud(
    { latencyMs: 2000, requestsPerMinute: 60, quotas: [{ requests: 1, seconds: 1, by: "sliding" }] },
    { PROVIDER_REQUESTS_PER_MINUTE: "60" },
    async (cloud) => {
      const clients = await startClients(cloud.simulator.baseUrl);
      try {
        const contestants: Record<string, Ask> = {
          ...clients.ask,
          "this service, REST": (prompts) => Promise.all(prompts.map((prompt) => overRest(cloud, prompt))),
          "this service, OpenAI door": (prompts) =>
            Promise.all(prompts.map((prompt) => overDoor(cloud, prompt))),
        };
        const rows: Row[] = [];
        for (const trial of TRIALS)
          for (let time = 0; time < trial.times; time++)
            for (const [name, ask] of Object.entries(contestants))
              rows.push(await attempt(cloud, trial, { name, ask, time }));
        return [...rows, notInstalled(clients.ask)];
      } finally {
        clients.stop();
      }
    },
  );
}

async function attempt(
  cloud: BenchCloud,
  { what, prompts }: (typeof TRIALS)[number],
  { name, ask, time }: { readonly name: string; readonly ask: Ask; readonly time: number },
): Promise<Row> {
  progress(`peers: ${what}: ${name}`);
  const mine = prompts.map((prompt) => `${name} ${time} ${prompt}`);
  const answers = await ask(mine);
  const calls = (await cloud.simulator.calls(`${name} ${time} `)).filter(({ prompt }) =>
    mine.includes(prompt ?? ""),
  );
  const errors = answers.flatMap(({ error }) => error ?? []);
  const paid = calls.filter(({ outcome }) => outcome === "painted").length;
  const throttled = calls.filter(({ outcome }) => outcome === "throttled").length;
  const slowest = Math.max(...answers.map(({ seconds }) => seconds));
  return {
    what: `${what}: ${name}`,
    measured: `paid ${paid}, held ${answers.length - errors.length}, ${throttled} × 429, ${errors.length} errors${errors[0] === undefined ? "" : ` (${errors[0].slice(0, 60)})`}, ${slowest.toFixed(2)} s`,
    beside: `wanted ${prompts.length}`,
    goal: "paid what is held",
  };
}

function notInstalled(asked: Record<string, Ask>): Row {
  const litellm = Object.keys(asked).some((name) => name.startsWith("LiteLLM"))
    ? []
    : ["LiteLLM's proxy (did not start)"];
  return {
    what: "peers that were not run",
    measured: ["new-api (needs a container and a database)", ...litellm].join(", "),
    beside: "",
    goal: "",
  };
}

/** Creates and waits, and asks on for as long as it is told to. */
async function overRest(cloud: BenchCloud, prompt: string): Promise<Answer> {
  const began = performance.now();
  const ended = (error: string | null) => ({ prompt, error, seconds: (performance.now() - began) / 1000 });
  const headers = { "idempotency-key": crypto.randomUUID() };
  let response = await cloud.call("/generations", {
    method: "POST",
    body: JSON.stringify({ prompt }),
    headers,
  });
  for (;;) {
    const body = (await response.json()) as {
      id?: string;
      status: string | number;
      code?: string;
      error?: { code: string } | null;
      image?: { url: string };
    };
    if (body.status === "succeeded") {
      const picture = await fetch(body.image?.url ?? "");
      await picture.arrayBuffer();
      return ended(picture.ok ? null : `picture ${picture.status}`);
    }
    if (body.status !== "queued" && body.status !== "running")
      return ended(body.code ?? body.error?.code ?? String(body.status));
    if (performance.now() - began > WAY_OUT_SECONDS * 1000) return ended("not done in time");
    const wait = Math.min(25, Number(response.headers.get("retry-after") ?? 1));
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, 5) * 1000));
    response = await cloud.call(`/generations/${body.id}`, { headers: { prefer: "wait=20" } });
  }
}

/** As OpenAI's SDK does: two re-sends. */
async function overDoor(cloud: BenchCloud, prompt: string): Promise<Answer> {
  const began = performance.now();
  const ended = (error: string | null) => ({ prompt, error, seconds: (performance.now() - began) / 1000 });
  for (let resend = 0; ; resend++) {
    const response = await cloud.call("/images/generations", {
      method: "POST",
      body: JSON.stringify({ model: "qwen-image-max", prompt }),
      headers: { "x-stainless-retry-count": String(resend) },
    });
    const body = (await response.json()) as { data?: { url: string }[]; code?: string };
    const url = body.data?.[0]?.url;
    if (url !== undefined) {
      await (await fetch(url)).arrayBuffer();
      return ended(null);
    }
    if (resend === 2 || response.headers.get("x-should-retry") !== "true")
      return ended(body.code ?? String(response.status));
    await new Promise((resolve) =>
      setTimeout(resolve, Number(response.headers.get("retry-after") ?? 1) * 1000),
    );
  }
}

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { processOfPort } from "./processes.ts";

/** What happens to a call that a fault matches. */
export type FaultAction =
  /** The function's process dies (SIGKILL) before the service hears of the call. */
  | "kill-before"
  /** The service does its work; then the function's process dies before it hears of it. */
  | "kill-after"
  /** The service answers with a server error and does nothing. */
  | "fail";

/** A fault to come: which calls it strikes, and how often. All that is given must match. */
export interface Fault {
  /** `DynamoDB.PutItem`, `SQS.ChangeMessageVisibility`, `SecretsManager.GetSecretValue`, `S3.PUT`. */
  readonly operation: string;
  /** A part of the call's body. */
  readonly body?: string;
  /** The generation that the calling process works on, by the records it read. */
  readonly generationId?: string;
  readonly action: FaultAction;
  readonly times: number;
}

/** A proxy between the functions and the emulator, which can break any call. */
export interface FaultProxy {
  /** Functions reach AWS here, as their `AWS_ENDPOINT_URL`. */
  readonly url: string;
  /** How often each operation was called, since the start. */
  counts(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Where faults are ordered, over HTTP: tests run in other processes than the proxy. */
const CONTROL = "/_faults";

/** Orders a fault at a proxy; the function returned tells how often it has struck. */
export async function addFault(proxyUrl: string, fault: Fault): Promise<() => Promise<number>> {
  const answer = await fetch(proxyUrl + CONTROL, { method: "POST", body: JSON.stringify(fault) });
  const { index } = (await answer.json()) as { index: number };
  return async () => {
    const struck = (await (await fetch(proxyUrl + CONTROL)).json()) as number[];
    return struck[index] ?? 0;
  };
}

const SERVICES: Record<string, string> = {
  DynamoDB_20120810: "DynamoDB",
  AmazonSQS: "SQS",
  secretsmanager: "SecretsManager",
  AWSStepFunctions: "StepFunctions",
  AWSEvents: "EventBridge",
};

/** Starts a fault proxy in front of an AWS endpoint. Functions reach it as their `AWS_ENDPOINT_URL`. */
export async function startFaultProxy(target: () => string, port = 0): Promise<FaultProxy> {
  const faults: { fault: Fault; struck: number }[] = [];
  const lastGeneration = new Map<number, string>();
  const counts = new Map<string, number>();

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (incoming.url === CONTROL) return control(incoming, body, outgoing);
    const called = operationOf(incoming);
    counts.set(called, (counts.get(called) ?? 0) + 1);
    const hit = faults.length === 0 ? undefined : strike(incoming, body);
    if (hit?.action === "fail") {
      outgoing.writeHead(500, { "content-type": "application/x-amz-json-1.0" });
      outgoing.end(
        JSON.stringify({ __type: "InternalServerError", message: "a fault of the test's making" }),
      );
      return;
    }
    if (hit?.action === "kill-before") {
      kill(hit.pid);
      outgoing.destroy();
      return;
    }
    const answer = await forward(incoming, body, target());
    if (hit?.action === "kill-after") {
      kill(hit.pid);
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  function control(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
    if (incoming.method === "POST") faults.push({ fault: JSON.parse(body.toString()), struck: 0 });
    const answer =
      incoming.method === "POST" ? { index: faults.length - 1 } : faults.map(({ struck }) => struck);
    outgoing.end(JSON.stringify(answer));
  }

  function strike(
    incoming: IncomingMessage,
    body: Buffer,
  ): { action: FaultAction; pid: number | null } | undefined {
    const pid = processOfPort(incoming.socket.remotePort ?? 0);
    const text = body.length > 1_000_000 ? "" : body.toString();
    const named = /generation#(gen_[0-9a-z]{26})/.exec(text)?.[1];
    if (pid !== null && named !== undefined) lastGeneration.set(pid, named);
    const generationId = named ?? (pid === null ? undefined : lastGeneration.get(pid));
    const operation = operationOf(incoming);
    const found = faults.find(
      ({ fault, struck }) =>
        struck < fault.times &&
        fault.operation === operation &&
        text.includes(fault.body ?? "") &&
        (fault.generationId === undefined || fault.generationId === generationId),
    );
    if (found === undefined) return undefined;
    found.struck++;
    return { action: found.fault.action, pid };
  }

  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fault proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    counts: () => counts,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function operationOf(incoming: IncomingMessage): string {
  const target = incoming.headers["x-amz-target"];
  if (typeof target !== "string") return `S3.${incoming.method}`;
  const [service = "", operation = ""] = target.split(".");
  return `${SERVICES[service] ?? service}.${operation}`;
}

function kill(pid: number | null): void {
  if (pid === null) throw new Error("the process of the call was not found");
  process.kill(pid, "SIGKILL");
}

function forward(incoming: IncomingMessage, body: Buffer, target: string) {
  return new Promise<{ status: number; headers: Record<string, string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      // The Host header stays as it came: it is part of what the signature covers.
      const outgoing = request(
        target + incoming.url,
        { method: incoming.method ?? "GET", headers: { ...incoming.headers, "content-length": body.length } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const { "transfer-encoding": _, ...headers } = answer.headers;
            const kept = Object.entries(headers).flatMap(([name, value]) =>
              value === undefined ? [] : [[name, value]],
            );
            resolve({
              status: answer.statusCode ?? 502,
              headers: Object.fromEntries(kept),
              body: Buffer.concat(chunks),
            });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    },
  );
}

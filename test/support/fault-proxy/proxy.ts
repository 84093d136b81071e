import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { CONTROL } from "./client.ts";
import { FaultBook } from "./faults.ts";
import { forwardWhole } from "./forward.ts";
import { type FunctionProcess, functionProcesses, processOfConnection } from "./processes.ts";

/** A proxy between the functions and the emulator, which can break any call. */
export interface FaultProxy {
  /** Functions reach AWS here, as their `AWS_ENDPOINT_URL`. */
  readonly url: string;
  /** How often each operation was called, since the start. */
  counts(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

const SERVICES: Record<string, string> = {
  DynamoDB_20120810: "DynamoDB",
  AmazonSQS: "SQS",
  secretsmanager: "SecretsManager",
  AWSStepFunctions: "StepFunctions",
  AWSEvents: "EventBridge",
};

/** Larger bodies are pictures: their generation stands in the path. */
const LONGEST_TEXT = 1_000_000;

const LOOKS = 3;

/** Starts a fault proxy in front of an AWS endpoint, or of several: each operation has its target. */
export async function startFaultProxy(target: (operation: string) => string, port = 0): Promise<FaultProxy> {
  const faults = new FaultBook();
  const counts = new Map<string, number>();
  const processes = new WeakMap<Socket, FunctionProcess>();
  /** The processes that called: which generations each named last, and which it wrote last. The latest writer last. */
  const seen = new Map<
    number,
    { process: FunctionProcess; named: readonly string[]; wrote: string | null }
  >();

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (incoming.url?.startsWith(CONTROL)) return control(incoming, body, outgoing);

    const operation = operationOf(incoming);
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const process = processOf(incoming.socket);
    const struck = process === null ? undefined : strike(process, operation, incoming.url ?? "", body);
    const action = struck?.action;
    if (action === "fail") return fail(outgoing, operation);
    if (action === "hang") return;
    if (action === "kill-before") {
      kill(process);
      outgoing.destroy();
      return;
    }
    const answer = await forwardWhole(incoming, body, target(operation));
    if (process !== null && operation === "DynamoDB.PutItem" && answer.status === 200)
      noteWriter(process, body.toString());
    // What the service refuses is no work that it did: a write over another's note is refused, and then repeated.
    if (struck !== undefined && answer.status >= 400) struck.spare();
    else if (action !== undefined) {
      if (action === "hang-after") return;
      if (action === "kill-after") kill(process);
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.body);
  }

  /** A connection belongs to one process for as long as it stands. */
  function processOf(socket: Socket): FunctionProcess | null {
    const known = processes.get(socket);
    if (known !== undefined) return known;
    // The kernel's list of connections can miss one that stands, while others come and go.
    for (let look = 0; look < LOOKS; look++) {
      const found = processOfConnection(socket.remotePort ?? 0, socket.localPort ?? 0);
      if (found === null) continue;
      processes.set(socket, found);
      return found;
    }
    return null;
  }

  function strike(process: FunctionProcess, operation: string, path: string, body: Buffer) {
    const text = body.length > LONGEST_TEXT ? "" : body.toString();
    const before = seen.get(process.pid);
    const named = namedIn(text) ?? namedIn(path) ?? before?.named ?? [];
    seen.set(process.pid, { process, named, wrote: before?.wrote ?? null });
    return faults.strike({ operation, caller: process.functionName, body: text, generationIds: named });
  }

  /** Who wants to write and is refused, as another was quicker, has written nothing. */
  function noteWriter(process: FunctionProcess, text: string): void {
    const id = namedIn(text)?.[0];
    const before = seen.get(process.pid);
    if (id === undefined || before === undefined) return;
    seen.delete(process.pid);
    seen.set(process.pid, { ...before, wrote: id });
  }

  function control(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): void {
    const { pathname, searchParams } = new URL(incoming.url ?? "", "http://proxy");
    const ask = pathname.slice(CONTROL.length + 1);
    const answer = () => {
      if (incoming.method === "POST") return { index: faults.add(JSON.parse(body.toString())) };
      if (ask === "processes")
        return { pids: pidsOf(searchParams.get("function"), searchParams.get("generation")) };
      return { struck: faults.struck(Number(ask)) };
    };
    outgoing.end(JSON.stringify(answer()));
  }

  /** Living processes that have called through this proxy, latest last: those of other emulators are not ours. */
  function pidsOf(functionName: string | null, generationId: string | null): number[] {
    const alive = new Set(functionProcesses().map(({ pid }) => pid));
    return [...seen.values()]
      .filter(
        ({ process, wrote }) =>
          alive.has(process.pid) &&
          process.functionName === functionName &&
          (generationId === null || wrote === generationId),
      )
      .map(({ process }) => process.pid);
  }

  function kill(target: FunctionProcess | null): void {
    if (target !== null) process.kill(target.pid, "SIGKILL");
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

/** The generations that a text is about: by the table's key where there is one, as a record may name others too. */
function namedIn(text: string): readonly string[] | null {
  const [keys, any] = [/(?<=generation#)gen_[0-9a-z]{26}/g, /gen_[0-9a-z]{26}/g].map((form) =>
    text.match(form),
  );
  return keys ?? any ?? null;
}

function operationOf(incoming: IncomingMessage): string {
  const target = incoming.headers["x-amz-target"];
  if (typeof target !== "string") return `S3.${incoming.method}`;
  const [service = "", operation = ""] = target.split(".");
  return `${SERVICES[service] ?? service}.${operation}`;
}

function fail(outgoing: ServerResponse, operation: string): void {
  const message = "a fault of the test's making";
  if (operation.startsWith("S3.")) {
    outgoing.writeHead(500, { "content-type": "application/xml" });
    outgoing.end(`<Error><Code>InternalError</Code><Message>${message}</Message></Error>`);
    return;
  }
  outgoing.writeHead(500, { "content-type": "application/x-amz-json-1.0" });
  outgoing.end(JSON.stringify({ __type: "InternalServerError", message }));
}

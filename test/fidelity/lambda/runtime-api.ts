import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";

/** What a function answered to an invocation. */
export interface Outcome {
  readonly kind: "response" | "error";
  readonly body: string;
}

/** Lambda's side of a function: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export interface RuntimeApi {
  readonly address: string;
  /** Fulfilled when the function asks for its first event; refused with what it says where it cannot start. */
  readonly ready: Promise<void>;
  invoke(event: unknown): Promise<Outcome>;
  close(): void;
}

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const ready = Promise.withResolvers<void>();
  const waiting: ServerResponse[] = [];
  const invocations = new Map<string, { event: string; outcome: PromiseWithResolvers<Outcome> }>();
  const queue: string[] = [];
  let count = 0;

  function deliver(): void {
    while (waiting.length > 0 && queue.length > 0) {
      const [response, id] = [waiting.shift(), queue.shift() ?? ""];
      response
        ?.writeHead(200, {
          "Lambda-Runtime-Aws-Request-Id": id,
          "Lambda-Runtime-Deadline-Ms": String(Date.now() + 30_000),
          "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:fidelity",
        })
        .end(invocations.get(id)?.event);
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , , what = "", id = "", kind = ""] = (request.url ?? "").split("/");
    if (id === "next") {
      ready.resolve();
      waiting.push(response);
      return deliver();
    }
    const body = Buffer.concat(await request.toArray()).toString("utf8");
    response.writeHead(202).end();
    if (what === "init") ready.reject(new Error(body));
    else invocations.get(id)?.outcome.resolve({ kind: z.enum(["response", "error"]).parse(kind), body });
  }

  // The client posts an error a second time in a header, for X-Ray.
  const server = createServer(
    { maxHeaderSize: 2 * 1024 * 1024 },
    (request, response) => void answer(request, response),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    address: `127.0.0.1:${port}`,
    ready: ready.promise,
    invoke(event) {
      const id = `invocation-${++count}`;
      const outcome = Promise.withResolvers<Outcome>();
      invocations.set(id, { event: JSON.stringify(event), outcome });
      queue.push(id);
      deliver();
      return outcome.promise;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

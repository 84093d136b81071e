import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { answerTo, endToEnd, filterHeaders, forward } from "./forward.ts";
import { refusal } from "./rules.ts";

/** What stands in front of the emulator. */
export interface FrontProxy {
  readonly port: number;
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";
/** Clients keep their connections; the emulator itself waited as long. */
const KEEP_ALIVE_MILLISECONDS = 75_000;

/**
 * Lets local programs through to the emulator's socket, and no web page: the emulator itself answers anybody. What comes
 * by way of another local proxy names that one's port, which the signature covers.
 */
export async function startFrontProxy(
  port: number,
  socketPath: string,
  proxyPorts: readonly number[] = [],
): Promise<FrontProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MILLISECONDS });
  let own = port;

  const handle = (incoming: IncomingMessage, outgoing: ServerResponse, proceed?: () => void) => {
    const reason = refusal(incoming, [own, ...proxyPorts]);
    if (reason !== undefined) return say(outgoing, 403, reason);
    proceed?.();
    void pass(incoming, outgoing);
  };
  server.on("request", handle);
  // The client waits for a word before it sends its body: so the rules come first.
  server.on("checkContinue", (incoming, outgoing) =>
    handle(incoming, outgoing, () => outgoing.writeContinue()),
  );

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const forwarded = forward(incoming, { socketPath, agent });
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) forwarded.destroy();
    });
    incoming.pipe(forwarded);
    try {
      const answer = await answerTo(forwarded);
      // The emulator allows every origin.
      const headers = filterHeaders(endToEnd(answer), (name) => !name.startsWith("access-control-"));
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
      await pipeline(answer, outgoing);
    } catch {
      if (outgoing.headersSent) outgoing.destroy();
      else say(outgoing, 502, "The AWS emulator behind this address does not answer: npm start begins anew.");
    }
  }

  server.listen(port, LOOPBACK);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the front proxy has no port");
  own = address.port;
  return {
    port: own,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function say(outgoing: ServerResponse, status: number, text: string): void {
  outgoing.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
  });
  outgoing.end(`${text}\n`);
}

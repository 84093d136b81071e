import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply } from "fastify";
import type { AnswerFault, ShapeFault } from "./faults.ts";
import type { ProviderError } from "./provider-errors.ts";
import type { Answered } from "./strange-answers.ts";

/** The headers of every answer; those that name the account must never reach a client's log. */
export function providerHeaders(requestId: string): Record<string, string> {
  return {
    "x-request-id": requestId,
    "x-dashscope-timeout": "298",
    "x-dashscope-call-gateway": "true",
    "x-dashscope-uid": "1000000000000001",
    "x-dashscope-apikeyid": "simulated-key-id",
    user_id: "1000000000000001",
    server: "istio-envoy",
  };
}

/** A refusal in the provider's words. */
export function sendError(reply: FastifyReply, requestId: string, error: ProviderError): FastifyReply {
  return reply
    .code(error.status)
    .headers(providerHeaders(requestId))
    .send({ request_id: requestId, code: error.code, message: error.message });
}

/** The documented success, or one of the shapes it has been seen in. */
export function successBody(
  requestId: string,
  url: string,
  size: { readonly width: number; readonly height: number },
  shapes: readonly ShapeFault[],
): Record<string, unknown> {
  const width = shapes.includes("wrong-usage-size") ? size.width + 32 : size.width;
  const image = shapes.includes("no-image") ? [{ text: "No picture today." }] : [{ image: url }];
  return {
    output: {
      choices: [
        {
          finish_reason: "stop",
          message: {
            role: "assistant",
            content: shapes.includes("multi-part") ? [{ text: "Here it is." }, ...image] : image,
          },
        },
      ],
      ...(shapes.includes("no-task-metric") ? {} : { task_metric: { TOTAL: 1, SUCCEEDED: 1, FAILED: 0 } }),
    },
    usage: shapes.includes("alt-usage")
      ? { output_image_count: 1, output_width: width, output_height: size.height }
      : { image_count: 1, width, height: size.height },
    request_id: requestId,
  };
}

/** Faults that come before the model: nothing is painted, nothing is billed. */
export function isBeforePainting(fault: AnswerFault): boolean {
  return ["reset-before", "html-502", "json-200-error", "redirect"].includes(fault);
}

/** Answers badly. `body` is what a good answer would have said; `gone` ends when nobody waits any more. */
export async function sendBadly(
  reply: FastifyReply,
  fault: AnswerFault,
  requestId: string,
  body: Record<string, unknown>,
  patience: { readonly giveUpMs: number; readonly gone: AbortSignal },
): Promise<FastifyReply> {
  const text = JSON.stringify(body);
  const headers = providerHeaders(requestId);
  switch (fault) {
    case "reset":
    case "reset-before":
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case "hang":
      await sleep(patience.giveUpMs, undefined, { signal: patience.gone }).catch(() => undefined);
      return sendHtml(reply, 504, "Gateway Time-out");
    case "html-502":
      return sendHtml(reply, 502, "Bad Gateway");
    case "html-504":
      return sendHtml(reply, 504, "Gateway Time-out");
    case "truncate":
      reply.hijack();
      reply.raw.writeHead(200, {
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      reply.raw.write(text.slice(0, Math.floor(text.length / 2)), () => reply.raw.socket?.end());
      return reply;
    case "slow-headers":
      await trickle(reply, { ...headers, "content-type": "application/json" }, text, patience.gone);
      return reply;
    case "huge-body":
      return reply
        .headers(headers)
        .type("application/json")
        .send(JSON.stringify({ padding: "x".repeat(16 * 1024 * 1024), ...body }));
    case "json-200-error":
      return sendError(reply, requestId, {
        status: 200,
        code: "InternalError.Algo",
        message: "An internal error has occurred, please try again later.",
      });
    case "empty-200":
      return reply.headers(headers).type("application/json").send("");
    case "not-json-200":
      return reply.headers(headers).type("application/json").send("data: [DONE]");
    case "redirect":
      return reply.code(302).headers(headers).header("location", "/_simulator/redirect-trap").send();
  }
}

/** Sends an answer as it is given, over the connection itself: nothing mends its framing. */
export function sendStrangely(reply: FastifyReply, requestId: string, answer: Answered): FastifyReply {
  const { status, headers, body, breaksOff } = answer;
  reply.hijack();
  reply.raw.writeHead(status, {
    ...providerHeaders(requestId),
    ...headers,
    "content-length": body.length + (breaksOff ? 100 : 0),
    connection: "close",
  });
  if (breaksOff) reply.raw.write(body, () => reply.raw.socket?.end());
  else reply.raw.end(body);
  return reply;
}

/** One header line at a time: a client that times single reads waits long, one that times the whole does not. */
async function trickle(
  reply: FastifyReply,
  headers: Record<string, string>,
  text: string,
  gone: AbortSignal,
): Promise<void> {
  reply.hijack();
  const { socket } = reply.raw;
  socket?.write("HTTP/1.1 200 OK\r\n");
  for (const [name, value] of Object.entries(headers)) {
    socket?.write(`${name}: ${value}\r\n`);
    await sleep(200, undefined, { signal: gone }).catch(() => undefined);
  }
  socket?.end(`content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`);
}

function sendHtml(reply: FastifyReply, status: number, title: string): FastifyReply {
  return reply
    .code(status)
    .type("text/html")
    .send(
      `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body><h1>${status} ${title}</h1></body>\r\n</html>`,
    );
}

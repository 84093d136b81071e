import { readFileSync } from "node:fs";
import * as z from "zod";
import type { Transport, TransportRequest } from "../../../../lambdas/platform/transport.ts";

const recordedSchema = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
  text: z.string().optional(),
});

export interface Answering {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly text: string;
}

/** A transport that gives one answer and keeps what it was asked. */
export function answering({ status, headers = {}, text }: Answering) {
  const asked: TransportRequest[] = [];
  const transport: Transport = async (request) => {
    asked.push(request);
    return {
      answered: true,
      status,
      headers,
      body: (async function* () {
        yield Buffer.from(text);
      })(),
      close: () => {},
    };
  };
  return { transport, asked };
}

/** An answer of the provider as it was recorded. */
export function recorded(name: string): Answering {
  const file = new URL(`./fixtures/${name}.json`, import.meta.url);
  const { status, headers, body, text } = recordedSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  return { status, headers, text: text ?? JSON.stringify(body) };
}

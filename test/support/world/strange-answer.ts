import type { TransportResult } from "../../../lambdas/platform/transport.ts";
import { createDashScopeClient } from "../../../lambdas/providers/dashscope/client.ts";
import type { Submission } from "../../../lambdas/providers/port.ts";
import { plainPicture } from "../dashscope-simulator/pictures.ts";
import {
  type Answered,
  type StrangeName,
  strangeAnswer,
  strangeNames,
} from "../dashscope-simulator/strange-answers.ts";

/** The provider paints, and answers in a shape that its documentation does not have. */
export type StrangeAnswer = `strange: ${StrangeName}`;

export const STRANGE_ANSWERS: readonly StrangeAnswer[] = strangeNames.map(
  (name) => `strange: ${name}` as const,
);

/** The only shape in which nobody can find the picture. */
export const NOT_UNDERSTOOD: StrangeAnswer = "strange: oss";

interface Painted {
  readonly prompt: string;
  /** Where the picture is; in its query it says when that ends. */
  readonly sourceUrl: string;
  /** As the service's clocks have it. */
  readonly now: number;
}

/** What the provider's real client makes of such an answer. */
export function readStrangeAnswer(kind: StrangeAnswer, painted: Painted): Promise<Submission> {
  const { prompt, sourceUrl, now } = painted;
  const body = {
    request_id: "request",
    output: {
      choices: [{ finish_reason: "stop", message: { role: "assistant", content: [{ image: sourceUrl }] } }],
    },
    usage: { image_count: 1, width: 1664, height: 928 },
  };
  const name = strangeNames.find((each) => kind === `strange: ${each}`) ?? "oss";
  const png = plainPicture({ prompt: sourceUrl, seed: 0, width: 8, height: 8 });
  const client = createDashScopeClient({
    baseUrl: "https://provider.example",
    readTimeoutMs: 1,
    now: () => new Date(now),
    transport: async () => asReceived(strangeAnswer(name, { body, url: sourceUrl, png })),
  });
  const request = { model: "qwen-image-max", prompt, negative_prompt: null, size: "1664*928", n: 1, seed: 7 };
  return client.submit({ ...request, prompt_extend: true, watermark: false }, { apiKey: "sk-world" });
}

function asReceived({ status, headers, body, breaksOff }: Answered): TransportResult {
  return {
    answered: true,
    status,
    headers,
    body: (async function* () {
      yield body;
      if (breaksOff) throw new Error("reset");
    })(),
    close: () => {},
  };
}

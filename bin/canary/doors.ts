import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import OpenAI, { APIError } from "openai";
import { generationView } from "../../lambdas/generations/view.ts";
import { speakingToApi } from "../client/speaking-to-api.ts";
import { Failure } from "../failure.ts";
import { ImageService } from "../sdk/client.ts";
import type { Place } from "./place.ts";

/** What a door gave: the generation's id, and the picture where it came through the door itself. */
export interface Delivered {
  readonly id: string;
  readonly bytes: Uint8Array | null;
}

/** A way into the service. Each paints one picture and waits for it. */
export interface Door {
  readonly name: string;
  readonly paint: (place: Place, prompt: string, signal: AbortSignal) => Promise<Delivered>;
}

/** Enough for a picture of five minutes behind a short queue: each send waits up to 25 s. */
const SDK_RETRIES = 20;
const EXECUTION_POLL_MS = 2000;
/** A picture that has not begun by then is given up, unbilled. */
const CANCEL_AFTER = "10m";

const rest: Door = {
  name: "REST",
  paint: ({ api }, prompt, signal) =>
    speakingToApi(api, async () => {
      const service = new ImageService(api);
      const { id } = await service.paint({ prompt }, { cancelAfter: CANCEL_AFTER, signal });
      return { id, bytes: await service.download(id, { signal }) };
    }),
};

/** By OpenAI's own SDK, whose re-sends join the one generation. */
const openAi: Door = {
  name: "OpenAI",
  async paint({ api }, prompt, signal) {
    const client = new OpenAI({ baseURL: api.url, apiKey: api.key ?? "", maxRetries: SDK_RETRIES });
    const body = { prompt, size: "auto", response_format: "b64_json" } as const;
    const { data, response } = await client.images
      .generate(body, { signal, idempotencyKey: randomUUID() })
      .withResponse()
      .catch((error: unknown) => {
        throw error instanceof APIError ? new Failure(`HTTP ${error.status}: ${error.message}`) : error;
      });
    const id = response.headers.get("x-generation-id") ?? "";
    return { id, bytes: Buffer.from(data.data?.[0]?.b64_json ?? "", "base64") };
  },
};

/** By the example workflow that answers by a task token. Its result is bucket and key, never bytes. */
const workflow: Door = {
  name: "workflow",
  async paint({ workflows, stateMachineArn }, prompt, signal) {
    const input = JSON.stringify({ prompt });
    const { executionArn } = await workflows.send(new StartExecutionCommand({ stateMachineArn, input }));
    for (;;) {
      const execution = await workflows.send(new DescribeExecutionCommand({ executionArn }));
      const { status, output = "", error, cause } = execution;
      if (status === "SUCCEEDED") return { id: generationView.parse(JSON.parse(output)).id, bytes: null };
      if (status !== "RUNNING")
        throw new Failure(`The workflow ended ${status}: ${error ?? ""} ${cause ?? ""}`);
      await delay(EXECUTION_POLL_MS, undefined, { signal });
    }
  },
};

/** The doors of a service: OpenAI's SDKs send keys, so that theirs is shut where requests are signed. */
export function doorsOf({ api }: Pick<Place, "api">): readonly Door[] {
  return api.key !== undefined ? [rest, openAi, workflow] : [rest, workflow];
}

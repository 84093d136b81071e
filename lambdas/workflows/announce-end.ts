import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import { present } from "../generations/read.ts";
import type { EndedGeneration } from "../generations/record.ts";
import type { ImageAddresses } from "../images/addresses.ts";
import { answerTask } from "./answer-task.ts";
import type { TaskTokens } from "./task-tokens.ts";

interface Endings {
  readonly events: EventBridgeClient;
  readonly eventBus: string;
  readonly workflows: SFNClient;
  readonly taskTokens: Pick<TaskTokens, "of">;
  readonly images: Pick<ImageAddresses, "address">;
}

/** Tells the event bus, and the workflow that waits, how a generation ended. Safe to repeat. */
export function createEndings(endings: Endings): (generation: EndedGeneration) => Promise<void> {
  return async (generation) => {
    const { id, task_token } = generation;
    const tokens = new Set(await endings.taskTokens.of(id));
    if (task_token !== null) tokens.add(task_token);
    await Promise.all([
      publish(generation, endings),
      ...[...tokens].map((token) => answerTask(token, generation, endings)),
    ]);
  };
}

/** The event says what happened, not what was asked: prompts and addresses stay out of the bus and its archives. */
async function publish(generation: EndedGeneration, { events, eventBus, images }: Endings): Promise<void> {
  const { input: _, ...view } = await present(generation, { images });
  const detail = {
    ...view,
    owner: generation.owner,
    image: view.image === null ? null : withoutAddress(view.image),
    images: view.images.map(withoutAddress),
  };
  const { FailedEntryCount = 0 } = await events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: eventBus,
          Source: "image-service",
          DetailType: `Generation ${view.status}`,
          Detail: JSON.stringify(detail),
        },
      ],
    }),
  );
  if (FailedEntryCount > 0) throw new Error("EventBridge refused an event");
}

function withoutAddress<Image extends { url: string; url_expires_at: string }>(image: Image) {
  const { url: _, url_expires_at: __, ...stored } = image;
  return stored;
}

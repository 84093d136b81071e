import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { readChanges } from "../../../lambdas/generations/changes.ts";
import { relayTurns } from "../../../lambdas/painting/relay.ts";
import { relayEnds } from "../../../lambdas/workflows/relay.ts";
import type { Item } from "../in-memory-table.ts";
import type { Chronicle } from "./chronicle.ts";
import { RELAY_TRIES } from "./deployment.ts";
import type { History } from "./history.ts";
import type { Naming } from "./naming.ts";
import type { Processes } from "./processes.ts";
import type { Queue } from "./queue.ts";
import type { Change } from "./table.ts";
import type { Timeline } from "./timeline.ts";

/** The table's stream, and the real relay behind it. */
export interface Relay {
  /** Takes a change into the stream. */
  take(change: Change): void;
  /** Changes that are neither relayed nor given up. */
  readonly pending: number;
}

interface Surroundings {
  /** Jobs whose first message is lost. */
  readonly lostMessages: readonly number[];
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly naming: Naming;
  readonly processes: Processes;
  readonly latency: () => number;
  readonly queue: Queue;
}

export function createRelay(surroundings: Surroundings): Relay {
  const { lostMessages, timeline, chronicle, history, naming, processes, latency, queue } = surroundings;
  let pending = 0;

  function relay(change: Change, attempt = 1): void {
    const { id } = change.next;
    const again = () => {
      if (attempt < RELAY_TRIES) timeline.after(1000, () => relay(change, attempt + 1));
      else pending--;
    };
    const process = processes.start(`relay(${naming.nameOf(id)})`, again);
    const lost = change.previous === null && lostMessages.includes(naming.jobOf(id) ?? -1);
    if (lost) chronicle.log(`the message for ${naming.nameOf(id)} is lost`);
    const relayed = async () => {
      const changes = readChanges(eventOf(change), () =>
        chronicle.violate("the relay could not read a change"),
      );
      await relayTurns(changes, lost ? { send: async () => {} } : queue.queueOf(process));
      await relayEnds(changes, async (generation) => {
        history.announced.add(generation.id);
      });
    };
    relayed().then(
      () => {
        process.alive = false;
        pending--;
      },
      () => process.alive && again(),
    );
  }

  return {
    take: (change) => {
      // Appointments and lent turns leave the version alone, and mean nothing to the relay.
      if (change.previous?.version === change.next.version) return;
      pending++;
      timeline.after(50 + latency(), () => relay(change));
    },
    get pending() {
      return pending;
    },
  };
}

function eventOf({ before, after }: Change): DynamoDBStreamEvent {
  const image = (item: Item) => marshall(item, { removeUndefinedValues: true });
  const dynamodb = {
    Keys: { pk: { S: String(after.pk) } },
    NewImage: image(after),
    ...(before !== undefined && { OldImage: image(before) }),
  };
  return { Records: [{ dynamodb }] } as unknown as DynamoDBStreamEvent;
}

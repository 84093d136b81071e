import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBStreamEvent } from "aws-lambda";
import { readChanges } from "../../../lambdas/generations/changes.ts";
import { type Generation, isOpen } from "../../../lambdas/generations/record.ts";
import { relayTurns } from "../../../lambdas/painting/queue.ts";
import { relayEnds } from "../../../lambdas/workflows/relay.ts";
import type { Item } from "../in-memory-table.ts";
import type { Chronicle } from "./chronicle.ts";
import { RELAY_TRIES } from "./deployment.ts";
import type { History } from "./history.ts";
import type { Naming } from "./naming.ts";
import type { Processes } from "./processes.ts";
import type { Queue } from "./queue.ts";
import type { Change, Table } from "./table.ts";
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
  /** Jobs whose end the stream loses: it gives the change up before the relay can tell of it. */
  readonly lostEnds: readonly number[];
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly naming: Naming;
  readonly processes: Processes;
  readonly latency: () => number;
  readonly queue: Queue;
  readonly table: Table;
}

export function createRelay(surroundings: Surroundings): Relay {
  const { lostMessages, timeline, chronicle, history, naming, processes, latency, queue, table } =
    surroundings;
  const lostEnds = new Set(surroundings.lostEnds);
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
      await relayEnds(changes, {
        announce: async (generation) => {
          history.announced.add(generation.id);
        },
        ends: table.endsOf(process),
        sleep: (milliseconds) => processes.call(process, "sleep", () => {}, milliseconds),
        signal: (name, ended) => chronicle.signal(process.name, name, naming.nameOf(ended)),
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
      if (!concernsRelay(change)) return;
      if (isEnd(change) && lostEnds.delete(naming.jobOf(change.next.id) ?? -1)) {
        chronicle.log(`the stream loses the end of ${naming.nameOf(change.next.id)}`);
        return;
      }
      pending++;
      timeline.after(50 + latency(), () => relay(change));
    },
    get pending() {
      return pending;
    },
  };
}

/** Appointments and lent turns leave the version alone, and mean nothing to the relay; an end that is told again does. */
function concernsRelay({ previous, next }: Change): boolean {
  return previous?.version !== next.version || triesOf(previous) !== triesOf(next);
}

function isEnd({ previous, next }: Change): boolean {
  return !isOpen(next) && (previous === null || isOpen(previous));
}

function triesOf(generation: Generation | null): number {
  return generation !== null && "announce_tries" in generation ? generation.announce_tries : 0;
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

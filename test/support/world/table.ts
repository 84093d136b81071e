import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { fromItem, idOf } from "../../../lambdas/generations/item.ts";
import type { Generation } from "../../../lambdas/generations/record.ts";
import { createGenerationStore, type GenerationStore } from "../../../lambdas/generations/table.ts";
import {
  createUnannouncedEnds,
  type UnannouncedEnds,
} from "../../../lambdas/generations/unannounced-ends.ts";
import { type Item, inMemoryTable } from "../in-memory-table.ts";
import { RETENTION_DAYS } from "./deployment.ts";
import type { Process, Processes } from "./processes.ts";
import type { PortCall } from "./scenario.ts";

/** A write to a generation's record: as it was, and as it is. */
export interface Change {
  readonly before: Item | undefined;
  readonly after: Item;
  readonly previous: Generation | null;
  readonly next: Generation;
}

/** The table as the processes have it: a call away. */
export interface Table {
  clientOf(process: Process): Parameters<typeof createGenerationStore>[0];
  storeOf(process: Process): GenerationStore;
  endsOf(process: Process): UnannouncedEnds;
}

interface Surroundings {
  readonly processes: Processes;
  /** Whether the table refuses at this moment. */
  readonly refuses: () => boolean;
  /** At once after the write, before its process hears of it. */
  readonly onChange: (change: Change) => void;
  readonly onPacerWritten: (before: Item | undefined, after: Item) => void;
  /** A generation is claimed that was in this state. */
  readonly onClaim: (id: string, state: unknown) => void;
}

export function createTable({ processes, refuses, onChange, onPacerWritten, onClaim }: Surroundings): Table {
  const table = inMemoryTable((before, after) => {
    if (idOf(after.pk) === null) return onPacerWritten(before, after);
    const previous = before === undefined ? null : fromItem(before);
    onChange({ before, after, previous, next: fromItem(after) });
  });

  /** Remembers which process owes a generation its answer. */
  function noteClaim(process: Process, before: Item | undefined, item: Item): void {
    const id = idOf(item.pk);
    if (id === null) return;
    if (item.state === "submitting") {
      process.claimed = id;
      onClaim(id, before?.state);
    } else if (process.claimed === id) process.claimed = null;
  }

  function clientOf(process: Process) {
    const send = (command: unknown) =>
      processes.call(process, callOf(command), () => {
        if (refuses() && callOf(command) !== "insert") throw new Error("the table refuses");
        if (!(command instanceof PutCommand)) return table.apply(command);
        const { Item: item = {} } = command.input;
        const before = table.items.get(String(item.pk));
        const answer = table.apply(command);
        noteClaim(process, before, item);
        return answer;
      });
    return { send } as unknown as ReturnType<Table["clientOf"]>;
  }

  return {
    clientOf,
    endsOf: (process) => createUnannouncedEnds(clientOf(process), "table"),
    storeOf: (process) => createGenerationStore(clientOf(process), "table", RETENTION_DAYS),
  };
}

/** What a command is for, as faults name the calls. */
function callOf(command: unknown): PortCall {
  if (command instanceof QueryCommand) return "query";
  const pk =
    command instanceof PutCommand
      ? command.input.Item?.pk
      : command instanceof GetCommand || command instanceof UpdateCommand
        ? command.input.Key?.pk
        : undefined;
  const ofPacer = String(pk).startsWith("pacer#");
  if (command instanceof GetCommand) return ofPacer ? "pacer get" : "get";
  if (command instanceof UpdateCommand) return updateOf(command.input.UpdateExpression ?? "");
  if (ofPacer) return "pacer put";
  return command instanceof PutCommand && command.input.ConditionExpression?.includes("pk")
    ? "insert"
    : "save";
}

function updateOf(expression: string): PortCall {
  if (expression.includes("inquiry_at")) return "inquire";
  if (expression.includes("announce")) return "announce";
  return expression.includes("turn_for") ? "lend" : "appoint";
}

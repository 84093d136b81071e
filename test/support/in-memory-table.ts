import { setImmediate as moment } from "node:timers/promises";
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

export type Item = Record<string, unknown>;

/** A DynamoDB table in memory that understands the expressions this service writes, and throws at any other. */
export interface InMemoryTable {
  /** Every item by its `pk`. */
  readonly items: Map<string, Item>;
  /** A document client, as far as the stores use one. */
  readonly client: DynamoDBDocumentClient;
  /** Runs one command at once, as the table itself would. */
  readonly apply: (command: unknown) => unknown;
}

/** Called after every write with the item as it was and as it is. */
export type Watch = (before: Item | undefined, after: Item) => void;

const SORT_KEYS: Readonly<Record<string, string>> = {
  line: "line_at",
  open: "due_at",
  by_batch: "batch_item",
};

export function inMemoryTable(watch: Watch = () => {}): InMemoryTable {
  const items = new Map<string, Item>();

  function write(pk: string, condition: string | undefined, values: Item, names: Item, next: () => Item) {
    const before = items.get(pk);
    if (condition !== undefined && !holds(condition, before, values, names))
      throw new ConditionalCheckFailedException({ $metadata: {}, message: "condition" });
    const after = next();
    items.set(pk, after);
    watch(before, after);
    return {};
  }

  function apply(command: unknown): unknown {
    if (command instanceof GetCommand) {
      const found = items.get(String(command.input.Key?.pk));
      return { Item: found === undefined ? undefined : structuredClone(found) };
    }
    if (command instanceof PutCommand) {
      const { Item = {}, ConditionExpression, ExpressionAttributeValues = {} } = command.input;
      return write(String(Item.pk), ConditionExpression, ExpressionAttributeValues, {}, () =>
        structuredClone(Item),
      );
    }
    if (command instanceof UpdateCommand) {
      const { Key = {}, UpdateExpression = "", ConditionExpression } = command.input;
      const { ExpressionAttributeValues: values = {}, ExpressionAttributeNames: names = {} } = command.input;
      const pk = String(Key.pk);
      return write(pk, ConditionExpression, values, names, () =>
        updated(UpdateExpression, { ...Key, ...items.get(pk) }, values, names),
      );
    }
    if (command instanceof QueryCommand) {
      const { IndexName = "", KeyConditionExpression = "", Limit } = command.input;
      const { ExpressionAttributeValues: values = {}, ExpressionAttributeNames: names = {} } = command.input;
      const sortKey = SORT_KEYS[IndexName] ?? "created";
      const found = [...items.values()]
        .filter((item) => holds(KeyConditionExpression, item, values, names))
        .map((item) => ({ item, order: `${item[sortKey]}|${item.pk}` }))
        .sort((a, b) => (a.order < b.order ? -1 : 1))
        .map(({ item }) => item);
      if (command.input.ScanIndexForward === false) found.reverse();
      const start = command.input.ExclusiveStartKey?.["pk"];
      const rest = found.slice(start === undefined ? 0 : found.findIndex(({ pk }) => pk === start) + 1);
      const page = rest.slice(0, Limit);
      const last = rest.length > page.length && { LastEvaluatedKey: { pk: page.at(-1)?.["pk"] } };
      return { Items: structuredClone(page), Count: page.length, ...last };
    }
    if (command instanceof ScanCommand) {
      const { FilterExpression = "", ExpressionAttributeValues: values = {} } = command.input;
      const found = [...items.values()].filter((item) => holds(FilterExpression, item, values, {}));
      return { Items: structuredClone(found) };
    }
    if (command instanceof BatchGetCommand) {
      const asked = Object.entries(command.input.RequestItems ?? {});
      const found = asked.map(([table, { Keys = [] }]) => [
        table,
        Keys.flatMap(({ pk }) => structuredClone(items.get(String(pk)) ?? [])),
      ]);
      return { Responses: Object.fromEntries(found) };
    }
    if (command instanceof TransactWriteCommand) return transact(command.input.TransactItems ?? []);
    throw new Error("the table in memory does not know this command");
  }

  /** Every condition, then every write. */
  function transact(writes: NonNullable<TransactWriteCommandInput["TransactItems"]>) {
    const refused = writes.map(({ Put, Update }) => {
      const { ConditionExpression: condition, ExpressionAttributeValues: values = {} } = Put ?? Update ?? {};
      const names = (Put ?? Update)?.ExpressionAttributeNames ?? {};
      const found = items.get(String((Put?.Item ?? Update?.Key)?.["pk"]));
      return condition !== undefined && !holds(condition, found, values, names);
    });
    if (refused.includes(true))
      throw new TransactionCanceledException({
        $metadata: {},
        message: "condition",
        CancellationReasons: refused.map((each) => ({ Code: each ? "ConditionalCheckFailed" : "None" })),
      });
    for (const { Put, Update } of writes) {
      if (Put !== undefined) apply(new PutCommand(Put));
      if (Update !== undefined) apply(new UpdateCommand(Update));
    }
    return {};
  }

  const client = { send: async (command: unknown) => apply(command) };
  return { items, apply, client: client as unknown as DynamoDBDocumentClient };
}

/** A client that loses the answer of the first command that matches: the SDK sends it again, and hears of that only. */
export function repeating(
  table: InMemoryTable,
  matches: (command: unknown) => boolean,
): DynamoDBDocumentClient {
  let lost = false;
  const send = async (command: unknown) => {
    if (!lost && matches(command)) {
      lost = true;
      table.apply(command);
    }
    return table.apply(command);
  };
  return { send } as unknown as DynamoDBDocumentClient;
}

/**
 * A client over a table whose transactions take a moment: meanwhile every other write of an item of theirs is refused
 * undecided, as DynamoDB does and no emulator.
 */
export function holding(table: InMemoryTable): DynamoDBDocumentClient {
  const held = new Set<string>();
  const about = { $metadata: {}, message: "held" };
  const send = async (command: unknown) => {
    const isTransaction = command instanceof TransactWriteCommand;
    const keys = keysOf(command);
    const codes = keys.map((key) => (held.has(key) ? "TransactionConflict" : "None"));
    if (codes.includes("TransactionConflict"))
      throw isTransaction
        ? new TransactionCanceledException({
            ...about,
            CancellationReasons: codes.map((Code) => ({ Code })),
          })
        : new TransactionConflictException(about);
    if (!isTransaction) return table.apply(command);
    for (const key of keys) held.add(key);
    try {
      await moment();
      return table.apply(command);
    } finally {
      for (const key of keys) held.delete(key);
    }
  };
  return { send } as unknown as DynamoDBDocumentClient;
}

/** The items that a command writes. */
function keysOf(command: unknown): string[] {
  if (command instanceof PutCommand) return [String(command.input.Item?.["pk"])];
  if (command instanceof UpdateCommand) return [String(command.input.Key?.["pk"])];
  if (!(command instanceof TransactWriteCommand)) return [];
  return (command.input.TransactItems ?? []).map(({ Put, Update }) =>
    String((Put?.Item ?? Update?.Key)?.["pk"]),
  );
}

type Test = (item: Item | undefined, values: Item, names: Item) => boolean;

const tests = new Map<string, Test>();

/** Evaluates comparisons joined by AND, then by OR. */
function holds(expression: string, item: Item | undefined, values: Item, names: Item): boolean {
  let test = tests.get(expression);
  if (test === undefined) {
    const alternatives = expression.split(" OR ").map((part) => part.split(" AND ").map(termTest));
    test = (...state) => alternatives.some((terms) => terms.every((term) => term(...state)));
    tests.set(expression, test);
  }
  return test(item, values, names);
}

function termTest(term: string): Test {
  const [, existence, attribute] = /^(attribute_(?:not_)?exists)\(([#\w]+)\)$/.exec(term.trim()) ?? [];
  if (attribute !== undefined) {
    const wanted = existence === "attribute_exists";
    return (item, _, names) => (item?.[named(attribute, names)] !== undefined) === wanted;
  }
  const [, prefixed = "", prefix = ""] = /^begins_with\(([#\w]+), (:\w+)\)$/.exec(term.trim()) ?? [];
  if (prefixed !== "")
    return (item, values, names) =>
      String(item?.[named(prefixed, names)] ?? "").startsWith(String(values[prefix]));
  const [, left, operator, right] = /^([#\w]+) (=|<=) (:\w+)$/.exec(term.trim()) ?? [];
  if (left === undefined || right === undefined) throw new Error(`unknown condition: ${term}`);
  return (item, values, names) => {
    const actual = item?.[named(left, names)];
    const expected = values[right];
    if (operator === "=") return actual === expected;
    if (typeof actual === "number" && typeof expected === "number") return actual <= expected;
    return actual !== undefined && String(actual) <= String(expected);
  };
}

function updated(expression: string, item: Item, values: Item, names: Item): Item {
  const next = structuredClone(item);
  for (const [, verb, clause = ""] of expression.matchAll(
    /(SET|REMOVE|ADD) (.+?)(?=\s(?:SET|REMOVE|ADD)\s|$)/g,
  )) {
    for (const part of clause.split(",").map((text) => text.trim())) {
      const [attribute = "", value = ""] = part.split(verb === "SET" ? " = " : " ");
      const name = named(attribute, names);
      if (verb === "REMOVE") delete next[name];
      else if (verb === "SET") next[name] = values[value];
      else if (typeof values[value] === "number") next[name] = Number(next[name] ?? 0) + values[value];
      else next[name] = new Set([...asSet(next[name]), ...asSet(values[value])]);
    }
  }
  return next;
}

function asSet(value: unknown): Set<unknown> {
  return value instanceof Set ? value : new Set();
}

function named(attribute: string, names: Item): string {
  return attribute.startsWith("#") ? String(names[attribute]) : attribute;
}

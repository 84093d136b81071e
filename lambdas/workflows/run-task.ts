import type { SFNClient } from "@aws-sdk/client-sfn";
import type { Context } from "aws-lambda";
import * as z from "zod";
import { create } from "../generations/create.ts";
import { hasEnded, present, read, readUntil } from "../generations/read.ts";
import { type Generation, isOpen } from "../generations/record.ts";
import type { RequestSchema } from "../generations/request.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { GenerationView } from "../generations/view.ts";
import type { ImageAddresses } from "../images/addresses.ts";
import { IN_OUR_WORDS } from "../platform/fault-words.ts";
import { faultsOf, parseOrThrow } from "../platform/faults.ts";
import { errorName, logger } from "../platform/observe.ts";
import { InvalidInput } from "../platform/service-error.ts";
import { parseStrictJson } from "../platform/strict-json.ts";
import type { Offer } from "../providers/registry.ts";
import { answerTask, failTask } from "./answer-task.ts";
import { failureOf, type TaskFailure, taskFailure } from "./task-failure.ts";
import type { TaskTokens } from "./task-tokens.ts";

/** Time kept for answering before the function's own end. */
const ANSWER_MS = 3000;

const fields = z.record(z.string(), z.unknown());

/** What the task's input has beside the create body. */
const envelope = z.object({
  idempotency_key: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, { error: "must be 1 to 255 visible ASCII characters" })
    .optional(),
  task_token: z.string().min(1).max(2048).optional(),
});

interface TaskDependencies {
  readonly generations: GenerationStore;
  readonly images: Pick<ImageAddresses, "address">;
  readonly workflows: SFNClient;
  readonly taskTokens: TaskTokens;
  readonly schema: RequestSchema;
  readonly offer: Offer;
  readonly quotaOf: (model: string) => number;
  /** Whom the generations of direct invocations belong to. */
  readonly owner: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * An error whose name is what a workflow catches and whose message is the problem JSON. It has no stack: Lambda would
 * show its paths to the caller as the `trace`.
 */
class TaskError extends Error {
  constructor(failure: TaskFailure) {
    super(failure.cause);
    this.name = failure.name;
    this.stack = failure.name;
  }
}

/**
 * Creates a generation from a direct invocation. Without a task token it waits for the end and answers the
 * generation, or fails with the error's name; with one it answers at once and the end is sent to the token.
 */
export function runTask(
  dependencies: TaskDependencies,
): (event: unknown, context: Context) => Promise<GenerationView> {
  return async (event, context) => {
    const token = tokenOf(event);
    try {
      const generation = await start(event, token, context.awsRequestId, dependencies);
      if (token !== undefined) return await present(generation, dependencies);
      const until = dependencies.now() + context.getRemainingTimeInMillis() - ANSWER_MS;
      return await answer(await readUntil(generation, hasEnded, until, dependencies), dependencies);
    } catch (error) {
      if (error instanceof TaskError) throw error;
      const failure = failureOf(error, context.awsRequestId);
      if (failure.name === "InternalError") logger.error("task failed", { error: errorName(error) });
      if (token !== undefined) await tell(token, failure, dependencies.workflows);
      throw new TaskError(failure);
    }
  };
}

/**
 * The create body and the key in a task's input.
 *
 * @throws InvalidInput that names every fault at once
 */
function inputOf(event: unknown, schema: TaskDependencies["schema"]) {
  const input = parseOrThrow(fields, parseStrictJson(Buffer.from(JSON.stringify(event ?? null))));
  const { idempotency_key, task_token, ...body } = input;
  const beside = envelope.safeParse({ idempotency_key, task_token }, IN_OUR_WORDS);
  const request = schema.safeParse(body, IN_OUR_WORDS);
  if (beside.success && request.success)
    return { request: request.data, idempotencyKey: beside.data.idempotency_key ?? null };
  throw new InvalidInput([...faultsOf(request.error), ...faultsOf(beside.error)]);
}

/** Without a key of the caller's the invocation is one: Lambda's repetitions of it have the same id. */
async function start(
  event: unknown,
  token: string | undefined,
  invocation: string,
  dependencies: TaskDependencies,
): Promise<Generation> {
  const { request, idempotencyKey } = inputOf(event, dependencies.schema);
  const { generation, replayed } = await create(
    {
      request,
      owner: dependencies.owner,
      lane: "batch",
      idempotencyKey: idempotencyKey ?? invocation,
      keyPointer: "#/idempotency_key",
      ...(token !== undefined && { taskToken: token }),
    },
    dependencies,
  );
  if (!replayed || token === undefined) return generation;
  // A retried task has a new token. First it is noted, then the end is looked for: whichever comes last tells it.
  await dependencies.taskTokens.add(generation.id, token);
  const latest = (await read(generation.id, dependencies)) ?? generation;
  if (!isOpen(latest)) await answerTask(token, latest, dependencies);
  return latest;
}

async function answer(generation: Generation, dependencies: TaskDependencies): Promise<GenerationView> {
  if (isOpen(generation)) throw stillRunning(generation);
  const failure = taskFailure(generation);
  if (failure !== null) throw new TaskError(failure);
  return present(generation, dependencies);
}

/** Tells the token's workflow. Where that fails, the error that follows still says what happened, to whom invoked us. */
async function tell(token: string, failure: TaskFailure, workflows: SFNClient): Promise<void> {
  try {
    await failTask(token, failure, workflows);
  } catch (error) {
    logger.error("task token not answered", { error: errorName(error) });
  }
}

/** The function's time is over before the generation's: invoking again with the same key joins it. */
function stillRunning(generation: Generation): TaskError {
  const cause = JSON.stringify({
    code: "still_running",
    detail: "Not ended yet; ask again with the same idempotency_key.",
    instance: `/v1/generations/${generation.id}`,
  });
  return new TaskError({ name: "StillRunning", cause });
}

/** The token, even of an input that is refused: its workflow must hear of the refusal. */
function tokenOf(event: unknown): string | undefined {
  return z.looseObject({ task_token: z.string().min(1) }).safeParse(event).data?.task_token;
}

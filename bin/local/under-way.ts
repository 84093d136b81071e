import { setTimeout as delay } from "node:timers/promises";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { Generation } from "../../lambdas/generations/record.ts";
import { createGenerationStore } from "../../lambdas/generations/table.ts";
import { createPacer } from "../../lambdas/pacing/limiter.ts";
import { createTurnSender } from "../../lambdas/painting/queue.ts";
import { EVER } from "../../lambdas/platform/clock.ts";
import { interrupted } from "../command.ts";
import { pacerOf, tableAt } from "./furnish.ts";
import type { LocalSettings } from "./settings.ts";
import type { StackFile } from "./stack-file.ts";
import { emulatorCredentials } from "./surroundings.ts";

/** A claim that was made just before the pause is in its record by then. */
const CLAIMED_BY_MILLISECONDS = 1000;
const POLL_MILLISECONDS = 500;
/** What is painted is soon in the bucket; where its file is refused, the next start goes on. */
const STORED_BY_POLLS = 20;
/** Doubles of the provider may never answer. */
const DOUBLES_MILLISECONDS = 10_000;
/** Longer than a call: none is let through meanwhile. */
const PAUSE_MILLISECONDS = 330_000;

/**
 * Before everything is stopped: lets no new call begin, and waits for the answers of those that the provider is painting.
 * They would be lost, and perhaps charged. Where the service does not answer there is nothing to wait for.
 *
 * @param tell hears what is waited for
 * @param signal ends the waiting
 */
export async function finishCalls(
  stack: StackFile | undefined,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (stack === undefined) return;
  const most = isOnThisMachine(stack.provider_base_url) ? DOUBLES_MILLISECONDS : PAUSE_MILLISECONDS;
  const enough = AbortSignal.any([signal, AbortSignal.timeout(most)]);
  const painted = untilPainted(stack, (pictures) => tell(words(pictures)), enough).catch(() => {});
  // An emulator that hangs answers no abort.
  await Promise.race([painted, interrupted(enough)]);
}

/** A double of the provider, such as the simulator: nobody pays for what is lost. */
function isOnThisMachine(address: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(address).hostname);
}

function words(pictures: number): string {
  return pictures === 1
    ? "one picture is being painted: its answer would be lost, and perhaps charged"
    : `${pictures} pictures are being painted: their answers would be lost, and perhaps charged`;
}

async function untilPainted(
  stack: StackFile,
  onWait: (pictures: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { open, queueOf } = queuesOf(stack);
  const all = await open();
  if (all.length === 0) return;
  for (const generation of all) await queueOf(generation).pause("stopping");
  const wait = (milliseconds: number) => delay(milliseconds, undefined, { signal }).catch(() => {});
  await wait(CLAIMED_BY_MILLISECONDS);
  for (let painted = 0; painted < STORED_BY_POLLS && !signal.aborted; ) {
    const states = (await open()).map(({ state }) => state);
    const asked = states.filter((state) => state === "submitting").length;
    if (asked > 0) onWait(asked);
    else if (!states.includes("painted")) return;
    else painted++;
    await wait(POLL_MILLISECONDS);
  }
}

/**
 * After a start with kept data: what was queued goes on at once, where the stop had put it off. What stopped it before was
 * told to a key that may be another now: the next call finds out.
 */
export async function goOn(stack: StackFile, provider: LocalSettings["provider"]): Promise<void> {
  await pacerOf(stack, provider).resume();
  const { generations, open, queueOf } = queuesOf(stack);
  const all = await open();
  for (const generation of all) {
    await queueOf(generation).resume();
    await generations.appoint(generation, Date.now());
  }
  const { aws_endpoint: endpoint, region } = stack;
  const queues = new SQSClient({ endpoint, region, credentials: emulatorCredentials });
  await createTurnSender(queues, stack.queue_url).send(all.map(({ id }) => id));
}

/** What has not ended, of very many the first, and the queue that each is in. */
function queuesOf({ aws_endpoint, region, table_name: table }: StackFile) {
  const client = tableAt(aws_endpoint, region);
  const generations = createGenerationStore(client, table, 1);
  const pace = { interval: PAUSE_MILLISECONDS, burst: 1 };
  return {
    generations,
    async open(): Promise<Generation[]> {
      const ids = await generations.due(EVER);
      // What cannot be read is in nobody's way: it has an alarm of its own.
      const found = await Promise.all(ids.map((id) => generations.get(id).catch(() => null)));
      return found.filter((each) => each !== null);
    },
    queueOf: ({ region, model }: Pick<Generation, "region" | "model">) =>
      createPacer({
        client,
        table,
        region,
        model,
        pace,
        probeEvery: PAUSE_MILLISECONDS,
        now: Date.now,
        sleep: delay,
      }),
  };
}

import { createHash } from "node:crypto";
import { setImmediate as settled } from "node:timers/promises";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  ChangeMessageVisibilityCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { DynamoDBStreamEvent, SQSEvent } from "aws-lambda";
import type { Download } from "../../lambdas/dashscope/download.ts";
import { misconfigured, type OperatorFault, unavailable } from "../../lambdas/dashscope/error-table.ts";
import type { Submission } from "../../lambdas/dashscope/submission.ts";
import { requestSchemaOf } from "../../lambdas/entry/catalogue.ts";
import { create } from "../../lambdas/entry/create.ts";
import { read } from "../../lambdas/entry/read.ts";
import { billedOf } from "../../lambdas/generation/billed.ts";
import { idForKey } from "../../lambdas/generation/ids.ts";
import type { Pace } from "../../lambdas/generation/pace.ts";
import { type Generation, isOpen, type Lane } from "../../lambdas/generation/record.ts";
import { parseCreateRequest } from "../../lambdas/generation/request.ts";
import { cancel, remove } from "../../lambdas/generation/transitions.ts";
import { logger } from "../../lambdas/observe.ts";
import { reconcile } from "../../lambdas/reconciler/reconcile.ts";
import { relayChanges } from "../../lambdas/relay/relay-changes.ts";
import { fromItem, idOf } from "../../lambdas/store/generation-item.ts";
import { createGenerationStore } from "../../lambdas/store/generations.ts";
import { createPacer, type Pacer } from "../../lambdas/store/pacer.ts";
import { createProviderKey, type ProviderKey } from "../../lambdas/store/provider-key.ts";
import { createTurnQueue } from "../../lambdas/store/queue.ts";
import type { WorkerDependencies } from "../../lambdas/worker/dependencies.ts";
import { receiveTurns } from "../../lambdas/worker/receive-turns.ts";
import { type InMemoryTable, type Item, inMemoryTable } from "./in-memory-table.ts";

logger.setLogLevel("SILENT");

const MINUTE = 60_000;
const START = Date.parse("2026-11-22T12:00:00.000Z");
const OWNER = "owner";
const MODEL = "qwen-image-max";
const VISIBILITY_MS = 476_000;
const WORKER_TIMEOUT_MS = 468_000;
const LEASE_SECONDS = 330;
/** The provider's own limit, and so the longest call. */
const LONGEST_CALL_MS = 306_000;
const RECONCILE_EVERY_MS = 5 * MINUTE;
const MOST_RECEIVES = 50;
const RELAY_TRIES = 10;

export interface Job {
  /** Milliseconds after the start. */
  readonly at: number;
  readonly lane: Lane;
  readonly policy: "fail" | "retry";
  readonly deadlineSeconds: number;
  readonly cancelAt: number | null;
  readonly readAt: number | null;
  readonly removeAt: number | null;
}

/** What happens at the nth call of a kind: the process dies or the call throws, before or after its effect. */
export interface PortFault {
  readonly call: PortCall;
  readonly nth: number;
  readonly kind: "crash before" | "crash after" | "error before" | "error after";
}

export const PORT_CALLS = [
  "insert",
  "get",
  "save",
  "appoint",
  "lend",
  "query",
  "pacer get",
  "pacer put",
  "secret",
  "ask",
  "answer",
  "download",
  "put image",
  "put back",
  "send",
  "park",
  "sleep",
] as const;
type PortCall = (typeof PORT_CALLS)[number];

export type AnswerKind =
  | "accepted"
  | "throttled"
  | "failed, once"
  | "failed, twice"
  | "failed, always"
  | "not sent"
  | "content"
  | "caller"
  | "lost, painted"
  | "lost, not painted"
  | "hung, painted";

export type DownloadKind =
  | "ok"
  | "gone"
  | "transfer failed"
  | "invalid"
  | "wrong size"
  | "bucket refuses"
  | "bucket lies";

export interface Scenario {
  readonly jobs: readonly Job[];
  readonly faults: readonly PortFault[];
  /** The provider's answers in order; after the last, it accepts. */
  readonly answers: readonly AnswerKind[];
  /** What becomes of downloads in order; after the last, they work. */
  readonly downloads: readonly DownloadKind[];
  /** Deliveries that happen twice. */
  readonly duplicates: readonly number[];
  /** Jobs whose first message is lost between stream and queue. */
  readonly lostMessages: readonly number[];
  /** The provider refuses everybody until an operator mends it. */
  readonly outage: { readonly from: number; readonly minutes: number; readonly fault: OperatorFault } | null;
  /** The secret and the provider change to another key at this moment. */
  readonly keyRotatedAt: number | null;
  /** The provider's image host is not on the list before this moment. */
  readonly hostAllowedAt: number;
  /** Every download fails: the images never come. */
  readonly storageDead: boolean;
  /** The clocks of the workers jump. */
  readonly jumps: readonly { readonly at: number; readonly by: number }[];
  readonly workers: number;
  /** Three calls of a hundred take up to so many milliseconds. */
  readonly slowest: number;
  readonly pace: Pace;
  readonly sourceLifetimeMinutes: number;
  readonly seed: number;
}

export const calm: Omit<Scenario, "jobs"> = {
  faults: [],
  answers: [],
  downloads: [],
  duplicates: [],
  lostMessages: [],
  outage: null,
  keyRotatedAt: null,
  hostAllowedAt: 0,
  storageDead: false,
  jumps: [],
  workers: 5,
  slowest: 400,
  pace: { interval: 30_450, burst: 1 },
  sourceLifetimeMinutes: 24 * 60,
  seed: 1,
};

export function job(changes: Partial<Job> = {}): Job {
  return {
    at: 0,
    lane: "interactive",
    policy: "fail",
    deadlineSeconds: 24 * 3600,
    cancelAt: null,
    readAt: null,
    removeAt: null,
    ...changes,
  };
}

/** One call to the provider, as the provider knows it, and what the service got to know of it. */
export interface Submitted {
  readonly job: number;
  readonly at: number;
  readonly lane: Lane;
  readonly slotNumber: number;
  readonly kind: AnswerKind | OperatorFault;
  painted: boolean;
  /** The answer reached the process that asked, and it was no "unknown". */
  heard: boolean;
}

export interface Result {
  readonly generations: readonly Generation[];
  readonly submissions: readonly Submitted[];
  readonly violations: readonly string[];
  readonly events: readonly string[];
  readonly receives: number;
  readonly deadLetters: readonly string[];
  readonly signals: readonly string[];
  /** Milliseconds from the start to the last end. */
  readonly duration: number;
}

interface Message {
  readonly body: string;
  readonly number: number;
  visibleAt: number;
  receives: number;
  deleted: boolean;
}

/** A function's process: it lives for one invocation here, or until it crashes. */
interface Process {
  readonly name: string;
  readonly startedAt: number;
  alive: boolean;
  readonly onDeath: () => void;
  /** The slot it took last. */
  slot: { at: number; number: number; probe: boolean } | null;
  /** The generation it claimed and whose answer it has not written down. */
  claimed: string | null;
}

/** A warm function: its module's state outlives an invocation, and ends with a crash. */
interface Container {
  readonly key: ProviderKey;
  process: Process | null;
}

/**
 * Plays a scenario: the real worker, relay, reconciler and use cases, over a table, a queue, a provider and a
 * bucket in memory, in virtual time. Every call to the outside takes a random time, which interleaves the
 * processes, and may crash its process. All randomness follows from the seed.
 */
export async function play(scenario: Scenario, limitMs?: number): Promise<Result> {
  const world = new World(scenario, limitMs);
  await world.run();
  return world.result();
}

class World {
  private readonly scenario: Scenario;
  private readonly limit: number;
  private readonly random: () => number;
  private readonly table: InMemoryTable;
  private readonly timeline: { at: number; order: number; act: () => unknown }[] = [];
  private readonly calls = new Map<string, number>();
  private readonly messages = new Set<Message>();
  private readonly received = new Map<string, Message>();
  private readonly deadLetters: string[] = [];
  private readonly bucket = new Map<string, string>();
  private readonly paintings = new Map<string, { job: number; sha256: string; expiresAt: number }>();
  private readonly submissions: Submitted[] = [];
  private readonly slots: { at: number; clock: number }[] = [];
  private readonly events: string[] = [];
  private readonly violations: string[] = [];
  private readonly signals: string[] = [];
  private readonly announced = new Set<string>();
  private readonly checkpointed = new Set<string>();
  private readonly lossPossible = new Set<string>();
  private readonly idle: Container[];
  private readonly jobOf = new Map<string, number>();
  private readonly open = new Set<string>();
  private clock = START;
  private order = 0;
  private relaying = 0;
  private created = 0;
  private receives = 0;
  private running = 0;
  private heldSince = 0;
  private lastEnd = START;

  constructor(scenario: Scenario, limitMs?: number) {
    this.scenario = scenario;
    const lastDeadline = Math.max(
      0,
      ...scenario.jobs.map(({ at, deadlineSeconds }) => at + deadlineSeconds * 1000),
    );
    const outageEnd = scenario.outage === null ? 0 : scenario.outage.from + scenario.outage.minutes * MINUTE;
    const lifetime = scenario.storageDead ? scenario.sourceLifetimeMinutes * MINUTE : 0;
    this.limit =
      START +
      (limitMs ?? Math.max(lastDeadline, outageEnd, scenario.hostAllowedAt) + lifetime + 4 * 60 * MINUTE);
    this.random = mulberry(scenario.seed);
    this.table = inMemoryTable((before, after) => this.onWrite(before, after));
    this.idle = Array.from({ length: scenario.workers }, () => this.container());
    scenario.jobs.forEach((_, index) => {
      this.jobOf.set(idForKey(OWNER, keyOf(index)), index);
    });
  }

  async run(): Promise<void> {
    this.scenario.jobs.forEach((job, index) => {
      this.schedule(START + job.at, () => this.post(index, job));
    });
    this.schedule(START + RECONCILE_EVERY_MS, () => this.reconcile());
    for (;;) {
      const next = this.timeline.pop();
      if (next === undefined || this.violations.length > 0) return;
      if (next.at > this.limit) break;
      this.clock = Math.max(this.clock, next.at);
      await next.act();
      await settled();
      if (this.isOver()) return this.atTheEnd();
    }
    const open = [...this.open].map((id) => `${this.nameOf(id)} is ${this.stored(id)?.state}`);
    this.violate(
      `no way out: ${open.join(", ") || "nothing is open"}, ${this.messages.size} messages are left`,
    );
  }

  result(): Result {
    return {
      generations: this.scenario.jobs.flatMap((_, index) => this.stored(idForKey(OWNER, keyOf(index))) ?? []),
      submissions: this.submissions,
      violations: this.violations,
      events: this.events,
      receives: this.receives,
      deadLetters: this.deadLetters,
      signals: this.signals,
      duration: this.lastEnd - START,
    };
  }

  private isOver(): boolean {
    return (
      this.created === this.scenario.jobs.length &&
      this.messages.size === 0 &&
      this.relaying === 0 &&
      this.running === 0 &&
      this.open.size === 0
    );
  }

  // ---- time, processes and faults

  private schedule(at: number, act: () => unknown): void {
    const event = { at, order: this.order++, act };
    // Latest first: the next event is popped from the end.
    let low = 0;
    let high = this.timeline.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.timeline[middle];
      if (other !== undefined && (other.at > at || (other.at === at && other.order > event.order)))
        low = middle + 1;
      else high = middle;
    }
    this.timeline.splice(low, 0, event);
  }

  /** The clock of the service's processes. */
  private readonly now = (): number => {
    const past = this.scenario.jumps.filter(({ at }) => START + at <= this.clock);
    return Math.floor(past.reduce((sum, { by }) => sum + by, this.clock));
  };

  private process(name: string, onDeath: () => void): Process {
    return { name, startedAt: this.clock, alive: true, onDeath, slot: null, claimed: null };
  }

  private kill(process: Process, why: string): void {
    if (!process.alive) return;
    process.alive = false;
    this.log(`${process.name} DIES (${why})`);
    if (process.claimed !== null) this.lossPossible.add(process.claimed);
    process.onDeath();
  }

  /** One call of a process to the outside: it takes time, has its effect, and may be hit by a fault. */
  private port<Answer>(
    process: Process,
    call: PortCall,
    effect: () => Answer | Promise<Answer>,
    latency = this.latency(),
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.schedule(this.clock + latency, async () => {
        if (!process.alive) return;
        const nth = this.calls.get(call) ?? 0;
        this.calls.set(call, nth + 1);
        const fault = this.scenario.faults.find(
          (each) =>
            each.call === call && each.nth === nth && (canFail(call) || each.kind.startsWith("crash")),
        );
        if (fault?.kind === "crash before") return this.kill(process, `before ${call} ${nth}`);
        if (fault?.kind === "error before") {
          this.log(`${process.name}: ${call} ${nth} FAILS`);
          return reject(new Error("injected"));
        }
        const claimedBefore = process.claimed;
        let answer: Answer;
        try {
          answer = await effect();
        } catch (error) {
          return reject(error);
        }
        if (fault?.kind === "crash after") return this.kill(process, `after ${call} ${nth}`);
        if (fault?.kind === "error after") {
          this.log(`${process.name}: ${call} ${nth} FAILS after its effect`);
          // A claim that its own process does not know of.
          if (process.claimed !== null && process.claimed !== claimedBefore)
            this.lossPossible.add(process.claimed);
          return reject(new Error("injected"));
        }
        resolve(answer);
      });
    });
  }

  private latency(): number {
    const dice = this.random();
    return 1 + (dice < 0.97 ? this.random() * 20 : this.random() * this.scenario.slowest);
  }

  private sleeper(process: Process): (milliseconds: number) => Promise<void> {
    return (milliseconds) => this.port(process, "sleep", () => {}, milliseconds);
  }

  // ---- the service's parts, as one process has them

  private tableClient(process: Process) {
    const send = (command: unknown) =>
      this.port(process, tableCall(command), () => {
        const before =
          command instanceof PutCommand ? this.table.items.get(String(command.input.Item?.pk)) : undefined;
        const answer = this.table.apply(command);
        if (command instanceof PutCommand) this.noteClaim(process, before, command.input.Item ?? {});
        return answer;
      });
    return { send } as unknown as Parameters<typeof createGenerationStore>[0];
  }

  /** Remembers which process owes a generation its answer. */
  private noteClaim(process: Process, before: Item | undefined, item: Item): void {
    const id = idOf(item.pk);
    if (id === null) return;
    if (item.state === "submitting") {
      process.claimed = id;
      if (before?.state !== "queued")
        this.violate(`${this.nameOf(id)} is claimed while it is ${before?.state}`);
    } else if (process.claimed === id) process.claimed = null;
  }

  private generationStore(process: Process) {
    return createGenerationStore(this.tableClient(process), "table", 30);
  }

  private queueOf(process: Process) {
    const send = (command: unknown) => {
      if (command instanceof ChangeMessageVisibilityCommand) {
        const { ReceiptHandle = "", VisibilityTimeout = 0 } = command.input;
        return this.port(process, "put back", () => {
          const message = this.received.get(ReceiptHandle);
          if (message === undefined || message.deleted) return;
          this.reveal(message, this.clock + VisibilityTimeout * 1000);
        });
      }
      if (command instanceof SendMessageBatchCommand) {
        return this.port(process, "send", () => {
          for (const { MessageBody = "" } of command.input.Entries ?? []) this.enqueue(MessageBody);
          return {};
        });
      }
      if (command instanceof SendMessageCommand) {
        return this.port(process, "park", () => {
          this.deadLetters.push(command.input.MessageBody ?? "");
        });
      }
      throw new Error("unknown SQS command");
    };
    return createTurnQueue({ send } as unknown as SQSClient, { queue: "queue", deadLetters: "dead" });
  }

  private pacer(process: Process): Pacer {
    const pacer = createPacer({
      client: this.tableClient(process),
      table: "table",
      region: "sg",
      model: MODEL,
      pace: this.scenario.pace,
      now: this.now,
      // The time is the pacer's own choice by Math.random, which the seed does not rule.
      sleep: () => this.port(process, "sleep", () => {}),
    });
    return {
      ...pacer,
      take: async (patience) => {
        const turn = await pacer.take(patience);
        if (turn.kind === "slot") {
          process.slot = turn;
          this.slots.push({ at: turn.at, clock: this.clock });
        }
        return turn;
      },
      holdOff: async (until) => {
        await pacer.holdOff(until);
        this.heldSince = this.clock;
      },
    };
  }

  private container(): Container {
    const send = (command: unknown) => {
      if (!(command instanceof GetSecretValueCommand)) throw new Error("unknown secret command");
      if (container.process === null) throw new Error("a container without a process");
      return this.port(container.process, "secret", () => ({ SecretString: this.secret() }));
    };
    const key = createProviderKey({ send } as unknown as SecretsManagerClient, "secret", this.now);
    const container: Container = { key, process: null };
    return container;
  }

  private dependencies(process: Process, container: Container): WorkerDependencies {
    container.process = process;
    const pacer = this.pacer(process);
    return {
      generations: this.generationStore(process),
      pacerOf: () => pacer,
      images: {
        bucket: "bucket",
        put: (id, file) =>
          this.port(process, "put image", () => {
            if (file.path.endsWith("bucket refuses")) throw new Error("the bucket refuses");
            const key = `generations/${id}.png`;
            this.bucket.set(key, file.sha256Base64);
            if (file.path.endsWith("bucket lies")) throw new Error("the bucket stored it, and says no");
            return key;
          }),
      },
      providerKey: container.key,
      submit: ({ prompt }, apiKey) => this.submit(process, Number(prompt.slice("picture ".length)), apiKey),
      download: (sourceUrl) => this.download(process, sourceUrl),
      priceOf: () => ({ amount: "0.075", currency: "USD" }),
      region: "sg",
      pace: this.scenario.pace,
      leaseSeconds: LEASE_SECONDS,
      slotWaitMs: 10_000,
      now: this.now,
      random: this.random,
      sleep: this.sleeper(process),
      signal: (name, id) => {
        this.signals.push(name);
        this.log(`${process.name} signals ${name} for ${this.nameOf(id)}`);
      },
    };
  }

  private secret(): string {
    const { keyRotatedAt } = this.scenario;
    return keyRotatedAt !== null && this.clock >= START + keyRotatedAt ? "second-key" : "first-key";
  }

  // ---- the provider

  private async submit(process: Process, index: number, apiKey: string): Promise<Submission> {
    const submitted = await this.port(
      process,
      "ask",
      () => this.ask(process, index, apiKey),
      1 + this.random() * 5,
    );
    const answersIn =
      submitted.kind === "hung, painted"
        ? LONGEST_CALL_MS
        : submitted.kind === "accepted" || submitted.kind.startsWith("lost")
          ? 15_000 + this.random() * 45_000
          : 200 + this.random() * 2000;
    return this.port(process, "answer", () => this.answer(process, submitted), answersIn);
  }

  private ask(process: Process, index: number, apiKey: string): Submitted {
    this.checkPace(process, index);
    this.checkIntent(process, index);
    const kind = this.answerKind(apiKey);
    const submitted: Submitted = {
      job: index,
      at: this.clock,
      lane: this.scenario.jobs[index]?.lane ?? "batch",
      slotNumber: process.slot?.number ?? 0,
      kind,
      painted: kind === "accepted" || kind === "lost, painted" || kind === "hung, painted",
      heard: false,
    };
    this.submissions.push(submitted);
    this.log(`${process.name} ASKS for picture ${index} (slot ${submitted.slotNumber}): ${kind}`);
    return submitted;
  }

  private answerKind(apiKey: string): AnswerKind | OperatorFault {
    const { outage, answers } = this.scenario;
    if (apiKey !== this.secret()) return "key";
    const into = this.clock - START;
    if (outage !== null && into >= outage.from && into < outage.from + outage.minutes * MINUTE)
      return outage.fault;
    const usual = this.submissions.filter(({ kind }) => !isOperatorFault(kind)).length;
    return answers[usual] ?? "accepted";
  }

  private answer(process: Process, submitted: Submitted): Submission {
    const provider = { code: "Code", message: "message", requestId: `request-${submitted.job}`, status: 400 };
    const rejected = { provider, retryAfterSeconds: null, sent: true };
    const { kind } = submitted;
    if (kind === "lost, painted" || kind === "lost, not painted" || kind === "hung, painted") {
      this.lossPossible.add(this.idOfJob(submitted.job));
      return { outcome: "unknown", detail: "reset", provider };
    }
    submitted.heard = true;
    switch (kind) {
      case "accepted": {
        const sourceUrl = `https://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com/${submitted.job}-${this.submissions.indexOf(submitted)}`;
        const lifetime = this.scenario.sourceLifetimeMinutes * MINUTE;
        const sha256 = createHash("sha256").update(sourceUrl).digest("hex");
        this.paintings.set(sourceUrl, { job: submitted.job, sha256, expiresAt: this.clock + lifetime });
        this.log(`${process.name} hears of picture ${submitted.job}: accepted`);
        const sourceExpiresAt = new Date(this.now() + lifetime);
        return {
          outcome: "accepted",
          requestId: "request",
          sourceUrl,
          sourceExpiresAt,
          width: null,
          height: null,
        };
      }
      case "throttled":
        return {
          ...rejected,
          outcome: "rejected",
          problem: "provider_throttled",
          retry: "throttled",
          fault: "pacing",
        };
      case "failed, once":
        return { ...unavailable("once"), ...rejected };
      case "failed, twice":
        return { ...unavailable("twice"), ...rejected };
      case "failed, always":
        return { ...unavailable("always"), ...rejected };
      case "not sent":
        return { ...unavailable("always"), ...rejected, sent: false };
      case "content":
        return {
          ...rejected,
          outcome: "rejected",
          problem: "content_rejected",
          retry: "never",
          fault: "content",
        };
      case "caller":
        return {
          ...rejected,
          outcome: "rejected",
          problem: "provider_rejected",
          retry: "never",
          fault: "caller",
        };
      default:
        return { ...misconfigured(kind), ...rejected };
    }
  }

  /** (a) Never asked again unless the last answer was heard and was a refusal, or the caller chose to retry. */
  private checkIntent(process: Process, index: number): void {
    const earlier = this.submissions.filter(({ job }) => job === index);
    const id = this.idOfJob(index);
    if (earlier.some(({ painted, heard }) => painted && heard) && this.checkpointed.has(id))
      this.violate(`picture ${index} is painted again after its checkpoint`);
    if (
      this.scenario.jobs[index]?.policy === "fail" &&
      earlier.some(({ painted, heard }) => painted || !heard)
    )
      this.violate(`picture ${index} is asked for again although it may have been painted`);
    const record = this.stored(id);
    if (record?.state !== "submitting") this.violate(`picture ${index} is asked for while ${record?.state}`);
    if (process.claimed !== id) this.violate(`picture ${index} is asked for without a claim`);
  }

  /** (f) Only on a slot, at its time, and not while a throttle holds everybody off. */
  private checkPace(process: Process, index: number): void {
    const { slot } = process;
    if (slot === null) {
      this.violate(`picture ${index} is asked for without a slot`);
      return;
    }
    if (slot.at > this.now() + 1 && this.scenario.jumps.length === 0)
      this.violate(`picture ${index} is asked for ${slot.at - this.now()} ms before its slot`);
    if (this.submissions.some(({ slotNumber }) => slotNumber === slot.number))
      this.violate(`slot ${slot.number} is used twice`);
    const pacer = this.table.items.get(`pacer#sg#${MODEL}`);
    if (
      this.clock - this.heldSince > 5000 &&
      Number(pacer?.held_until) > this.now() &&
      this.scenario.jumps.length === 0
    )
      this.violate(`picture ${index} is asked for while everybody is held off`);
    if (typeof pacer?.paused === "string" && !slot.probe && this.clock - this.pausedSince > 5000)
      this.violate(`picture ${index} is asked for while the queue is paused`);
  }

  private pausedSince = 0;

  private async download(process: Process, sourceUrl: string): Promise<Download> {
    return this.port(
      process,
      "download",
      () => {
        const painting = this.paintings.get(sourceUrl);
        if (painting === undefined) throw new Error("no such painting");
        const record = this.stored(this.idOfJob(painting.job));
        if (
          record !== null &&
          isOpen(record) &&
          (record.state !== "painted" || record.source_url !== sourceUrl)
        )
          this.violate(`picture ${painting.job} is fetched without a checkpoint`);
        const kind = this.scenario.downloads[this.calls.get("downloaded") ?? 0] ?? "ok";
        if (this.clock < START + this.scenario.hostAllowedAt)
          return { kind: "unknown_host", host: "new.example" };
        if (this.clock >= painting.expiresAt || this.scenario.storageDead)
          return { kind: "gone", status: 403 };
        this.calls.set("downloaded", (this.calls.get("downloaded") ?? 0) + 1);
        switch (kind) {
          case "gone":
            return { kind: "gone", status: 404 };
          case "transfer failed":
            return { kind: "transfer_failed", detail: "reset" };
          case "invalid":
            return { kind: "invalid_image", detail: "no PNG" };
          default:
            return {
              kind: "downloaded",
              path: kind,
              bytes: 1_848_320,
              sha256: painting.sha256,
              sha256Base64: Buffer.from(painting.sha256, "hex").toString("base64"),
              md5: "",
              width: kind === "wrong size" ? 1 : 1664,
              height: 928,
              discard: async () => {},
            };
        }
      },
      300 + this.random() * 2000,
    );
  }

  // ---- the queue

  private enqueue(body: string): void {
    const message = { body, number: this.order, visibleAt: this.clock, receives: 0, deleted: false };
    this.messages.add(message);
    this.reveal(message, this.clock + this.latency());
  }

  private reveal(message: Message, at: number): void {
    message.visibleAt = at;
    this.schedule(at, () => this.poll());
  }

  private poll(): void {
    const visible = [...this.messages].filter(({ visibleAt }) => visibleAt <= this.clock);
    while (this.idle.length > 0 && visible.length > 0) {
      // A queue that is no FIFO.
      const [message] = visible.splice(Math.floor(this.random() * visible.length), 1);
      if (message !== undefined && !this.isBuried(message)) this.receive(message);
    }
  }

  private isBuried(message: Message): boolean {
    if (message.receives < MOST_RECEIVES) return false;
    this.log(`the message for ${this.nameIn(message)} goes to the dead letters`);
    this.deadLetters.push(message.body);
    this.messages.delete(message);
    message.deleted = true;
    return true;
  }

  private receive(message: Message): void {
    const container = this.idle.pop();
    if (container === undefined) return;
    const number = this.receives++;
    message.receives++;
    const name = `worker ${number}(${this.nameIn(message)})`;
    const twice = this.scenario.duplicates.includes(number);
    this.reveal(message, this.clock + (twice ? this.random() * 2000 : VISIBILITY_MS));
    const receipt = `receipt-${number}`;
    this.received.set(receipt, message);
    this.running++;
    const free = (next: Container) => {
      this.running--;
      this.idle.push(next);
      this.schedule(this.clock, () => this.poll());
    };
    const process = this.process(name, () => free(this.container()));
    this.schedule(this.clock + WORKER_TIMEOUT_MS, () => this.kill(process, "timed out"));
    const event = {
      Records: [
        {
          messageId: receipt,
          receiptHandle: receipt,
          body: message.body,
          attributes: { ApproximateReceiveCount: String(message.receives) },
        },
      ],
    } as unknown as SQSEvent;
    const work = receiveTurns({
      dependencies: this.dependencies(process, container),
      queue: this.queueOf(process),
    });
    const finish = (kept: boolean) => {
      if (!process.alive) return;
      process.alive = false;
      if (!kept) {
        message.deleted = true;
        this.messages.delete(message);
      }
      free(container);
    };
    work(event).then(
      ({ batchItemFailures }) => finish(batchItemFailures.length > 0),
      () => finish(true),
    );
  }

  // ---- callers, relay and reconciler

  private post(index: number, job: Job, attempt = 1): void {
    const again = () => {
      if (attempt > 20) return this.violate(`picture ${index} could not be created`);
      this.schedule(this.clock + 500, () => this.post(index, job, attempt + 1));
    };
    const process = this.process(`api(${index})`, again);
    create(
      {
        request: parseCreateRequest(requestSchemaOf("sg"), {
          prompt: `picture ${index}`,
          on_unknown_outcome: job.policy,
        }),
        owner: OWNER,
        lane: job.lane,
        idempotencyKey: keyOf(index),
        deadlineSeconds: job.deadlineSeconds,
      },
      { generations: this.generationStore(process), region: "sg", now: this.now, random: this.random },
    ).then(
      () => {
        process.alive = false;
        this.created++;
        if (job.cancelAt !== null) this.schedule(START + job.cancelAt, () => this.change(index, "cancel"));
        if (job.readAt !== null) this.schedule(START + job.readAt, () => this.change(index, "read"));
        if (job.removeAt !== null) this.schedule(START + job.removeAt, () => this.change(index, "remove"));
      },
      () => process.alive && again(),
    );
  }

  private change(index: number, wish: "cancel" | "read" | "remove"): void {
    const process = this.process(`${wish}(${index})`, () => {});
    const generations = this.generationStore(process);
    const done = async () => {
      const found = await read(this.idOfJob(index), { generations, now: this.now });
      if (found === null || wish === "read") return;
      if (wish === "cancel" && found.state === "queued") await generations.save(cancel(found, this.now()));
      if (wish === "remove" && !isOpen(found)) await generations.save(remove(found, this.now()));
    };
    done().catch(() => {});
  }

  private relay(before: Item | undefined, after: Item, attempt = 1): void {
    const id = String(after.id);
    const again = () => {
      if (attempt < RELAY_TRIES)
        this.schedule(this.clock + 1000, () => this.relay(before, after, attempt + 1));
      else this.relaying--;
    };
    const process = this.process(`relay(${this.nameOf(id)})`, again);
    const lost = before === undefined && this.scenario.lostMessages.includes(this.jobOf.get(id) ?? -1);
    if (lost) this.log(`the message for ${this.nameOf(id)} is lost`);
    const image = (item: Item) => marshall(item, { removeUndefinedValues: true });
    const event = {
      Records: [
        {
          dynamodb: {
            Keys: { pk: { S: String(after.pk) } },
            NewImage: image(after),
            ...(before !== undefined && { OldImage: image(before) }),
          },
        },
      ],
    } as unknown as DynamoDBStreamEvent;
    relayChanges({
      queue: lost ? { send: async () => {} } : this.queueOf(process),
      announce: async (generation) => {
        this.announced.add(generation.id);
      },
      unreadable: () => this.violate("the relay could not read a change"),
    })(event).then(
      () => {
        process.alive = false;
        this.relaying--;
      },
      () => process.alive && again(),
    );
  }

  private reconcile(): void {
    this.schedule(this.clock + RECONCILE_EVERY_MS, () => this.reconcile());
    const process = this.process("reconciler", () => {});
    reconcile({
      generations: this.generationStore(process),
      queue: this.queueOf(process),
      now: this.now,
      signal: (name, id) => {
        this.signals.push(name);
        this.log(`reconciler signals ${name} for ${this.nameOf(id)}`);
      },
    }).catch(() => {});
  }

  // ---- what must always hold

  private onWrite(before: Item | undefined, after: Item): void {
    const id = idOf(after.pk);
    if (id === null) {
      if (typeof after.paused === "string" && before?.paused === null) this.pausedSince = this.clock;
      return;
    }
    const next = fromItem(after);
    const previous = before === undefined ? null : fromItem(before);
    if (previous?.state !== next.state)
      this.log(`${this.nameOf(id)}: ${previous?.state ?? "new"} → ${next.state} (version ${next.version})`);
    if (previous !== null && !isOpen(previous)) this.checkFinal(previous, next);
    if (previous?.state === "submitting" && next.state === "canceled")
      this.violate(`${this.nameOf(id)} is canceled while it is submitted`);
    if (next.state === "painted") this.checkpointed.add(id);
    if (isOpen(next)) this.open.add(id);
    else this.open.delete(id);
    if (!isOpen(next)) this.lastEnd = Math.max(this.lastEnd, Date.parse(next.completed_at));
    if (previous?.version !== next.version) {
      this.relaying++;
      this.schedule(this.clock + 50 + this.latency(), () => this.relay(before, after));
    }
  }

  /** (b) What has ended stays as it is, but for its removal. */
  private checkFinal(previous: Generation, next: Generation): void {
    const same = ["state", "completed_at", "error", "billed", "attempts"] as const;
    for (const field of same) {
      const [was, is] = [Reflect.get(previous, field), Reflect.get(next, field)];
      if (JSON.stringify(was) !== JSON.stringify(is))
        this.violate(
          `${this.nameOf(next.id)} ended ${previous.state}, and its ${field} changes to ${JSON.stringify(is)}`,
        );
    }
  }

  private atTheEnd(): void {
    for (const [index] of this.scenario.jobs.entries()) {
      const generation = this.stored(this.idOfJob(index));
      if (generation === null) this.violate(`picture ${index} is not there`);
      else this.checkEnd(index, generation);
    }
    if (this.scenario.jumps.length === 0) this.checkSlots();
  }

  /** (c) and (d): what the end says of the bill and of the picture is true. */
  private checkEnd(index: number, generation: Generation): void {
    const name = `picture ${index}`;
    const painted = this.submissions.filter((each) => each.job === index && each.painted).length;
    const billed = billedOf(generation);
    if (billed === "no" && painted > 0) this.violate(`${name} was painted and is reported as not billed`);
    if (billed === "yes" && !this.checkpointed.has(generation.id))
      this.violate(`${name} billed without checkpoint`);
    if (billed !== "yes" && this.checkpointed.has(generation.id))
      this.violate(`${name} painted, billed ${billed}`);
    if (billed === "yes" && painted === 0) this.violate(`${name} is billed and was never painted`);
    // A clock that leaps over the lease makes an answer that is on its way look lost.
    const leapt = this.scenario.jumps.some(({ by }) => by > 10_000);
    if (billed === "unknown" && !leapt && !this.lossPossible.has(generation.id))
      this.violate(`${name} is billed "unknown" although no answer was lost`);
    if (!this.announced.has(generation.id)) this.violate(`nobody heard of the end of ${name}`);
    if (generation.state !== "succeeded" || generation.image === null) return;
    const { sha256, key } = generation.image;
    const paintings = [...this.paintings.values()].filter(({ job }) => job === index);
    if (!paintings.some((each) => each.sha256 === sha256)) this.violate(`${name} succeeded with other bytes`);
    const stored = this.bucket.get(key);
    if (stored === undefined || Buffer.from(stored, "base64").toString("hex") !== sha256)
      this.violate(`${name} succeeded without its bytes in the bucket`);
  }

  /** (f) The slots and the calls, in any window: never more than the quota and the burst. */
  private checkSlots(): void {
    const { interval, burst } = this.scenario.pace;
    const times = this.slots.map(({ at }) => at).sort((a, b) => a - b);
    for (let last = burst; last < times.length; last++) {
      const gap = (times[last] ?? 0) - (times[last - burst] ?? 0);
      if (gap < interval - 1) this.violate(`${burst + 1} slots within ${gap} ms`);
    }
    // As the provider counts: calls, when they arrive, in a window of two intervals without their headroom.
    const window = (2 * interval) / 1.015;
    const calls = this.submissions.map(({ at }) => at).sort((a, b) => a - b);
    for (let last = burst + 1; last < calls.length; last++) {
      const gap = (calls[last] ?? 0) - (calls[last - burst - 1] ?? 0);
      if (gap < window) this.violate(`${burst + 2} calls within ${gap} ms`);
    }
  }

  private violate(what: string): void {
    this.log(`VIOLATED: ${what}`);
    this.violations.push(what);
  }

  private log(what: string): void {
    const seconds = ((this.clock - START) / 1000).toFixed(3).padStart(10);
    this.events.push(`${seconds} s  ${what}`);
  }

  private stored(id: string): Generation | null {
    const item = this.table.items.get(`generation#${id}`);
    return item === undefined ? null : fromItem(item);
  }

  private idOfJob(index: number): string {
    return idForKey(OWNER, keyOf(index));
  }

  private nameOf(id: string): string {
    return this.jobOf.has(id) ? `picture ${this.jobOf.get(id)}` : id;
  }

  private nameIn(message: Message): string {
    return this.nameOf(/gen_\w+/.exec(message.body)?.[0] ?? "?");
  }
}

function keyOf(index: number): string {
  return `intent-${index}`;
}

/** The provider's client never throws, and neither does a clock. */
function canFail(call: PortCall): boolean {
  return call !== "ask" && call !== "answer" && call !== "sleep";
}

function isOperatorFault(kind: AnswerKind | OperatorFault): kind is OperatorFault {
  return kind === "key" || kind === "permission" || kind === "money" || kind === "model";
}

function tableCall(command: unknown): PortCall {
  if (command instanceof QueryCommand) return "query";
  const pk =
    command instanceof PutCommand
      ? command.input.Item?.pk
      : command instanceof GetCommand || command instanceof UpdateCommand
        ? command.input.Key?.pk
        : undefined;
  const ofPacer = String(pk).startsWith("pacer#");
  if (command instanceof GetCommand) return ofPacer ? "pacer get" : "get";
  if (command instanceof UpdateCommand)
    return command.input.UpdateExpression?.includes("turn_for") ? "lend" : "appoint";
  if (ofPacer) return "pacer put";
  return command instanceof PutCommand && command.input.ConditionExpression?.includes("pk")
    ? "insert"
    : "save";
}

/** A small random generator that a number seeds (mulberry32). */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

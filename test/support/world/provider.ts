import { createHash } from "node:crypto";
import type { Departure, Submission } from "../../../lambdas/providers/port.ts";
import type { Chronicle } from "./chronicle.ts";
import type { History, Submitted } from "./history.ts";
import { idOfJob, nameOfJob } from "./naming.ts";
import type { Process, Processes } from "./processes.ts";
import {
  isLost,
  isOperatorFault,
  isPainted,
  isStrange,
  type Outcome,
  providerDetail,
  refusal,
} from "./provider-answers.ts";
import type { QuotaWindow, Scenario } from "./scenario.ts";
import type { Secret } from "./secret.ts";
import { NOT_UNDERSTOOD, readStrangeAnswer } from "./strange-answer.ts";
import { MINUTE, START, type Timeline } from "./timeline.ts";

/** The provider's own limit, and so the longest call. */
const LONGEST_CALL_MS = 306_000;
const IMAGE_HOST = "https://dashscope-result-sgp.oss-ap-southeast-1.aliyuncs.com";

/** The provider, as far as it paints: the call that costs money, in two halves so that a crash can come between. */
export interface Provider {
  submit(process: Process, job: number, apiKey: string, departure: Departure): Promise<Submission>;
}

interface Surroundings {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly processes: Processes;
  readonly random: () => number;
  readonly secret: Secret;
  /** A call has arrived, and is not yet part of the history. */
  readonly onAsk: (process: Process, job: number) => void;
}

export function createProvider(surroundings: Surroundings): Provider {
  const { scenario, timeline, chronicle, history, processes, random, secret, onAsk } = surroundings;

  function ask(process: Process, job: number, apiKey: string): Submitted {
    onAsk(process, job);
    const kind = outcomeFor(job, apiKey);
    const submitted: Submitted = {
      job,
      at: timeline.clock,
      lane: scenario.jobs[job]?.lane ?? "batch",
      slotNumber: process.slot?.number ?? 0,
      kind,
      painted: isPainted(kind),
      heard: false,
    };
    history.submissions.push(submitted);
    chronicle.log(`${process.name} ASKS for ${nameOfJob(job)} (slot ${submitted.slotNumber}): ${kind}`);
    return submitted;
  }

  function outcomeFor(job: number, apiKey: string): Outcome {
    const { outage, poison, realQuota, windows, answers } = scenario;
    if (apiKey !== secret.current()) return "key";
    const into = timeline.clock - START;
    if (outage !== null && into >= outage.from && into < outage.from + outage.minutes * MINUTE)
      return outage.fault;
    if (poison?.job === job) return poison.fault;
    if (realQuota !== null && admittedSince(timeline.clock - MINUTE) >= realQuota) return "throttled";
    if (windows.some(isFull)) return "throttled";
    const usual = history.submissions.filter(({ kind }) => !isOperatorFault(kind)).length;
    return answers[usual] ?? "accepted";
  }

  function isFull({ requests, milliseconds, by }: QuotaWindow): boolean {
    const { clock } = timeline;
    const start = by === "sliding" ? clock - milliseconds : clock - (clock % milliseconds) - 1;
    return admittedSince(start) >= requests;
  }

  /** As the provider counts: calls that it did not throttle, after a moment. */
  function admittedSince(moment: number): number {
    const { submissions } = history;
    let admitted = 0;
    for (let index = submissions.length - 1; index >= 0; index--) {
      const call = submissions[index];
      if (call === undefined || call.at <= moment) break;
      if (call.kind !== "throttled") admitted++;
    }
    return admitted;
  }

  function answersAfter(kind: Outcome): number {
    if (kind === "hung, painted") return LONGEST_CALL_MS;
    if (isPainted(kind) || isLost(kind)) return 15_000 + random() * 45_000;
    return 200 + random() * 2000;
  }

  function answer(process: Process, submitted: Submitted): Submission | Promise<Submission> {
    const { kind, job } = submitted;
    if (isLost(kind) || kind === NOT_UNDERSTOOD) history.lossPossible.add(idOfJob(job));
    if (isLost(kind))
      return { outcome: "unknown", detail: "reset", provider: providerDetail(job), raw: null };
    submitted.heard = kind !== NOT_UNDERSTOOD;
    return kind === "accepted" || isStrange(kind) ? paint(process, submitted) : refusal(kind, job);
  }

  function paint(process: Process, submitted: Submitted): Submission | Promise<Submission> {
    const { job, kind } = submitted;
    const lifetime = scenario.sourceLifetimeMinutes * MINUTE;
    const expires = timeline.now() + lifetime;
    const number = history.submissions.indexOf(submitted);
    const sourceUrl = `${IMAGE_HOST}/${job}-${number}.png?Expires=${Math.floor(expires / 1000)}&Signature=s`;
    const sha256 = createHash("sha256").update(sourceUrl).digest("hex");
    history.paintings.set(sourceUrl, { job, sha256, expiresAt: timeline.clock + lifetime });
    chronicle.log(`${process.name} hears of ${nameOfJob(job)}: ${kind}`);
    if (isStrange(kind))
      return readStrangeAnswer(kind, { prompt: nameOfJob(job), sourceUrl, now: timeline.now() });
    return {
      outcome: "accepted",
      requestId: "request",
      sourceUrl,
      sourceUrls: [sourceUrl],
      inline: null,
      sourceExpiresAt: new Date(expires),
      width: null,
      height: null,
    };
  }

  return {
    submit: async (process, job, apiKey, departure) => {
      try {
        await processes.call(process, "connect", () => {}, 0);
      } catch {
        return refusal("not sent", job);
      }
      if (!(await departure())) return refusal("not sent", job);
      const submitted = await processes.call(
        process,
        "ask",
        () => ask(process, job, apiKey),
        1 + random() * 5,
      );
      const takes = answersAfter(submitted.kind);
      return processes.call(process, "answer", () => answer(process, submitted), takes);
    },
  };
}

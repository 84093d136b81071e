import { isOpen } from "../../../../lambdas/generations/record.ts";
import type { Chronicle } from "../chronicle.ts";
import type { History } from "../history.ts";
import { idOfJob, type Naming, nameOfJob } from "../naming.ts";
import type { Process } from "../processes.ts";
import type { Job } from "../scenario.ts";
import type { Change } from "../table.ts";

/** (a) One charge per intent: a claim before the call, the checkpoint before the first byte, and no second call in doubt. */
export interface OneCharge {
  claimed(id: string, state: unknown): void;
  changed(change: Change): void;
  asked(process: Process, job: number): void;
  fetched(job: number, sourceUrl: string): void;
}

interface Surroundings {
  readonly jobs: readonly Job[];
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly naming: Naming;
}

export function watchCharges({ jobs, chronicle, history, naming }: Surroundings): OneCharge {
  /** Never asked again unless the last answer was heard and was a refusal, or the caller chose to retry. */
  function askedOnce(job: number): void {
    const earlier = history.submissions.filter((each) => each.job === job);
    if (earlier.some(({ painted, heard }) => painted && heard) && history.checkpointed.has(idOfJob(job)))
      chronicle.violate(`${nameOfJob(job)} is painted again after its checkpoint`);
    if (jobs[job]?.policy === "fail" && earlier.some(({ painted, heard }) => painted || !heard))
      chronicle.violate(`${nameOfJob(job)} is asked for again although it may have been painted`);
  }

  function askedWithClaim(process: Process, job: number): void {
    const id = idOfJob(job);
    const state = history.stored(id)?.state;
    if (state !== "submitting") chronicle.violate(`${nameOfJob(job)} is asked for while ${state}`);
    if (process.claimed !== id) chronicle.violate(`${nameOfJob(job)} is asked for without a claim`);
  }

  return {
    claimed: (id, state) => {
      if (state !== "queued") chronicle.violate(`${naming.nameOf(id)} is claimed while it is ${state}`);
    },
    changed: ({ previous, next }) => {
      if (previous?.state === "submitting" && next.state === "canceled")
        chronicle.violate(`${naming.nameOf(next.id)} is canceled while it is submitted`);
    },
    asked: (process, job) => {
      askedOnce(job);
      askedWithClaim(process, job);
    },
    fetched: (job, sourceUrl) => {
      const record = history.stored(idOfJob(job));
      if (record === undefined || !isOpen(record)) return;
      if (record.state !== "painted" || record.source_url !== sourceUrl)
        chronicle.violate(`${nameOfJob(job)} is fetched without a checkpoint`);
    },
  };
}

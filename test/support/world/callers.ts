import { create } from "../../../lambdas/generations/create.ts";
import { read } from "../../../lambdas/generations/read.ts";
import { isOpen } from "../../../lambdas/generations/record.ts";
import { parseCreateRequest } from "../../../lambdas/generations/request.ts";
import { cancel } from "../../../lambdas/generations/transitions/queued.ts";
import { remove } from "../../../lambdas/generations/transitions/remove.ts";
import { offer, quotaOf, schema } from "../generations.ts";
import type { Chronicle } from "./chronicle.ts";
import { idOfJob, keyOfJob, nameOfJob, OWNER } from "./naming.ts";
import type { Processes } from "./processes.ts";
import type { Job } from "./scenario.ts";
import type { Table } from "./table.ts";
import { START, type Timeline } from "./timeline.ts";

const MOST_POSTS = 20;
const POST_AGAIN_MS = 500;

/** Those who want pictures: they post, insist until they are heard, and may read, cancel or remove later. */
export interface Callers {
  /** Lets every job be posted at its time. */
  start(): void;
  /** Jobs whose caller knows that it is accepted. */
  readonly accepted: number;
}

interface Surroundings {
  readonly jobs: readonly Job[];
  readonly timeline: Timeline;
  readonly chronicle: Chronicle;
  readonly processes: Processes;
  readonly random: () => number;
  readonly table: Table;
}

export function createCallers(surroundings: Surroundings): Callers {
  const { jobs, timeline, chronicle, processes, random, table } = surroundings;
  let accepted = 0;

  function post(index: number, job: Job, attempt = 1): void {
    const again = () => {
      if (attempt > MOST_POSTS) return chronicle.violate(`${nameOfJob(index)} could not be created`);
      timeline.after(POST_AGAIN_MS, () => post(index, job, attempt + 1));
    };
    const process = processes.start(`api(${index})`, again);
    const request = parseCreateRequest(schema, {
      prompt: nameOfJob(index),
      on_unknown_outcome: job.policy,
    });
    create(
      {
        request,
        owner: OWNER,
        lane: job.lane,
        idempotencyKey: keyOfJob(index),
        deadlineSeconds: job.deadlineSeconds,
      },
      { generations: table.storeOf(process), offer, quotaOf, now: timeline.now, random },
    ).then(
      () => {
        process.alive = false;
        accepted++;
        later(index, job);
      },
      () => process.alive && again(),
    );
  }

  function later(index: number, { cancelAt, readAt, removeAt }: Job): void {
    if (cancelAt !== null) timeline.at(START + cancelAt, () => change(index, "cancel"));
    if (readAt !== null) timeline.at(START + readAt, () => change(index, "read"));
    if (removeAt !== null) timeline.at(START + removeAt, () => change(index, "remove"));
  }

  function change(index: number, wish: "cancel" | "read" | "remove"): void {
    const generations = table.storeOf(processes.start(`${wish}(${index})`));
    const { now } = timeline;
    const done = async () => {
      const found = await read(idOfJob(index), { generations, now });
      if (found === null || wish === "read") return;
      if (wish === "cancel" && found.state === "queued") await generations.save(cancel(found, now()));
      if (wish === "remove" && !isOpen(found)) await generations.save(remove(found, now()));
    };
    // Nobody insists on these: what a fault has hit is left undone.
    done().catch(() => {});
  }

  return {
    start: () => {
      for (const [index, job] of jobs.entries()) timeline.at(START + job.at, () => post(index, job));
    },
    get accepted() {
      return accepted;
    },
  };
}

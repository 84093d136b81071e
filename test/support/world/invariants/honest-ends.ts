import { billedOf } from "../../../../lambdas/generations/billed.ts";
import { type EndedGeneration, type Generation, isOpen } from "../../../../lambdas/generations/record.ts";
import type { Bucket } from "../bucket.ts";
import type { Chronicle } from "../chronicle.ts";
import type { History } from "../history.ts";
import { idOfJob, nameOfJob } from "../naming.ts";
import type { Scenario } from "../scenario.ts";

interface Surroundings {
  readonly scenario: Scenario;
  readonly chronicle: Chronicle;
  readonly history: History;
  readonly bucket: Bucket;
}

/** (c) and (d): every job has ended, was announced, and what its end says of the bill and of the picture is true. */
export function checkEnds({ scenario, chronicle, history, bucket }: Surroundings): void {
  // A clock that leaps over the lease makes an answer that is on its way look lost.
  const leapt = scenario.jumps.some(({ by }) => by > 10_000);

  function checkBill(job: number, generation: Generation): void {
    const name = nameOfJob(job);
    const painted = history.submissions.some((each) => each.job === job && each.painted);
    const isLate = generation.history.some(({ event }) => event === "late_answer");
    const checkpointed = history.checkpointed.has(generation.id) || isLate;
    const billed = billedOf(generation);
    if (billed === "no" && painted) chronicle.violate(`${name} was painted and is reported as not billed`);
    if (billed === "yes" && !checkpointed) chronicle.violate(`${name} billed without checkpoint`);
    if (billed !== "yes" && checkpointed) chronicle.violate(`${name} painted, billed ${billed}`);
    if (billed === "yes" && !painted) chronicle.violate(`${name} is billed and was never painted`);
    if (billed === "unknown" && !leapt && !history.lossPossible.has(generation.id))
      chronicle.violate(`${name} is billed "unknown" although no answer was lost`);
  }

  function checkPicture(job: number, generation: Generation): void {
    if (generation.state !== "succeeded" || generation.image === null) return;
    const name = nameOfJob(job);
    const { sha256, key } = generation.image;
    const paintings = [...history.paintings.values()].filter((each) => each.job === job);
    if (!paintings.some((each) => each.sha256 === sha256))
      chronicle.violate(`${name} succeeded with other bytes`);
    if (bucket.digestOf(key) !== sha256)
      chronicle.violate(`${name} succeeded without its bytes in the bucket`);
  }

  /** What was paid has its bytes somewhere: in the record's place, or kept for the operator, unless their address died. */
  function checkBytes(job: number, { id, state, completed_at, ...generation }: EndedGeneration): void {
    if (state !== "failed" || !("error" in generation)) return;
    const { code, message } = generation.error;
    const key = /kept as (answers\/[\w.-]+)/.exec(message)?.[1];
    if (key !== undefined && !bucket.holds(key))
      chronicle.violate(`${nameOfJob(job)} names an answer that is not kept`);
    const died = history.lives(job).some((end) => end <= Date.parse(completed_at));
    if (
      code === "image_unavailable" &&
      !leapt &&
      !scenario.storageDead &&
      !died &&
      !bucket.holds(`unverified/${id}`)
    )
      chronicle.violate(`${nameOfJob(job)} is given up while its picture could be had`);
  }

  /** Two hours are enough, whatever befalls the others. */
  function checkTurn(job: number, { state }: Generation): void {
    const hasTime = (scenario.jobs[job]?.deadlineSeconds ?? 0) >= 7200;
    const wasAsked = history.submissions.some((each) => each.job === job);
    if (state === "expired" && hasTime && !wasAsked)
      chronicle.violate(`${nameOfJob(job)} never had its turn`);
  }

  for (const job of scenario.jobs.keys()) {
    const generation = history.stored(idOfJob(job));
    if (generation === undefined) {
      chronicle.violate(`${nameOfJob(job)} is not there`);
      continue;
    }
    checkBill(job, generation);
    if (!history.announced.has(generation.id))
      chronicle.violate(`nobody heard of the end of ${nameOfJob(job)}`);
    checkPicture(job, generation);
    checkTurn(job, generation);
    if (!isOpen(generation)) checkBytes(job, generation);
  }
}

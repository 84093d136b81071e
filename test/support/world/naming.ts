import { idForKey } from "../../../lambdas/platform/ids.ts";

export const OWNER = "owner";

/** The caller's key of a job; the generation's id follows from it, so it is known before the generation is made. */
export function keyOfJob(job: number): string {
  return `intent-${job}`;
}

export function idOfJob(job: number): string {
  return idForKey(OWNER, keyOfJob(job));
}

/** A job's picture as people read of it. It is its prompt too, which is all that the provider gets to know of the job. */
export function nameOfJob(job: number): string {
  return `picture ${job}`;
}

export function jobOfPrompt(prompt: string): number {
  return Number(prompt.slice("picture ".length));
}

/** Leads from the ids that the service speaks of back to the jobs of the scenario. */
export class Naming {
  readonly #jobs: ReadonlyMap<string, number>;

  constructor(jobs: number) {
    this.#jobs = new Map(Array.from({ length: jobs }, (_, job) => [idOfJob(job), job]));
  }

  jobOf(id: string): number | undefined {
    return this.#jobs.get(id);
  }

  nameOf(id: string): string {
    const job = this.jobOf(id);
    return job === undefined ? id : nameOfJob(job);
  }

  /** The name of what a message is about. */
  nameIn(body: string): string {
    return this.nameOf(/gen_\w+/.exec(body)?.[0] ?? "?");
  }
}

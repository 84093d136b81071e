import { createPacer, type Pacer, type PacerOptions } from "./limiter.ts";
import { paceOf } from "./pace.ts";

interface PacersOptions extends Omit<PacerOptions, "model" | "pace"> {
  /** Requests per minute of a model. */
  readonly quotaOf: (model: string) => number;
  readonly burst: number;
}

/** The pacer of each model, made once: models have quotas of their own. */
export function createPacers({ quotaOf, burst, ...options }: PacersOptions): (model: string) => Pacer {
  const pacers = new Map<string, Pacer>();
  return (model) => {
    const known = pacers.get(model);
    if (known !== undefined) return known;
    const pacer = createPacer({ ...options, model, pace: paceOf(quotaOf(model), burst) });
    pacers.set(model, pacer);
    return pacer;
  };
}

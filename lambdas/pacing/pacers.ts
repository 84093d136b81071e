import { createPacer, type Pacer, type PacerOptions } from "./limiter.ts";

/** The pacer of each model, made once. */
export function createPacers(options: Omit<PacerOptions, "model">): (model: string) => Pacer {
  const pacers = new Map<string, Pacer>();
  return (model) => {
    const known = pacers.get(model);
    if (known !== undefined) return known;
    const pacer = createPacer({ ...options, model });
    pacers.set(model, pacer);
    return pacer;
  };
}

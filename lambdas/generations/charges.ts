import type { Generation } from "./record.ts";

/** Submissions after which a lost answer ends even a generation that chose `retry`. */
export const MOST_LOST_ANSWERS = 3;

/** How many calls for one generation may be charged in the worst case: its caller's choice says whether it is asked again. */
export function mostCharges({ on_unknown_outcome }: Pick<Generation, "on_unknown_outcome">): number {
  return on_unknown_outcome === "retry" ? MOST_LOST_ANSWERS : 1;
}

/** How many calls were charged or may have been, so far: the picture's, and each whose answer was lost. */
export function chargesOf(generation: Generation): number {
  // Records of before answers were counted only know that one was lost.
  const lost = Math.max(generation.lost_answers, generation.outcome_lost ? 1 : 0);
  return lost + (hasPicture(generation) ? 1 : 0);
}

/** Whether its last call painted, or may be painting. */
function hasPicture(generation: Generation): boolean {
  switch (generation.state) {
    case "submitting":
    case "painted":
    case "succeeded":
      return true;
    case "failed":
      return generation.error.code === "image_unavailable";
    default:
      return false;
  }
}

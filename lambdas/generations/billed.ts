import type { Billed } from "../platform/problem-table.ts";
import type { Generation } from "./record.ts";

/** Whether a charge is known, excluded or possible so far. */
export function billedOf(generation: Generation): Billed {
  switch (generation.state) {
    case "painted":
    case "succeeded":
      return "yes";
    case "submitting":
      return "unknown";
    case "queued":
      return billedSoFar(generation);
    case "canceled":
      return generation.billed;
    case "failed":
    case "expired":
      return generation.error.billed;
  }
}

/** What is known of the charge while no image was seen: an answer that was lost may have been one. */
export function billedSoFar(generation: { outcome_lost: boolean }): Billed {
  return generation.outcome_lost ? "unknown" : "no";
}

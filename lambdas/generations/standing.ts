import type { Lane } from "../pacing/lanes.ts";
import type { GenerationListing } from "./listing.ts";

/** What a newcomer's place in the queue order depends on: its owner's others in the same lane. */
export interface Standing {
  /** How many of them have not ended. */
  readonly ahead: number;
  /** The last place that one of them has in the same queue, in epoch milliseconds; null where none is queued there. */
  readonly lastPlace: number | null;
}

/** The last place that an owner's queued generations of a model have in a lane. The newest that is queued has it. */
export async function lastPlaceOf(
  { owner, lane, model }: { readonly owner: string; readonly lane: Lane; readonly model: string },
  listing: Pick<GenerationListing, "openPages">,
): Promise<number | null> {
  for await (const page of listing.openPages(owner, lane)) {
    const places = page.flatMap((each) =>
      each.state === "queued" && each.model === model ? Date.parse(each.place_at ?? each.created_at) : [],
    );
    if (places.length > 0) return Math.max(...places);
  }
  return null;
}

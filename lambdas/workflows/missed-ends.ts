import { isOpen } from "../generations/record.ts";
import type { GenerationStore } from "../generations/table.ts";
import type { UnannouncedEnds } from "../generations/unannounced-ends.ts";
import { errorName, logger } from "../platform/observe.ts";

interface MissedEnds {
  readonly generations: Pick<GenerationStore, "get">;
  readonly ends: Pick<UnannouncedEnds, "due" | "tellAgain" | "giveUp">;
  readonly now: () => number;
  readonly signal: (name: "EndNotAnnounced", generationId: string) => void;
}

/** The pause after the first try, which doubles: the tenth comes after three and a half days. */
const FIRST_PAUSE_MS = 5 * 60_000;
/** Workflows wait for an end for a day or so, and hardly any for weeks. */
const MOST_TRIES = 10;

/**
 * Lets the table's stream tell again of ends that nobody seems to have heard of: the stream lost them, or the bus or a
 * workflow refused them. One that fails holds up no other.
 */
export async function tellMissedEnds(missed: MissedEnds): Promise<void> {
  for (const id of await missed.ends.due(missed.now())) {
    try {
      await tellAgain(id, missed);
    } catch (error) {
      logger.warn("an end could not be told again", { generation_id: id, error: errorName(error) });
    }
  }
}

async function tellAgain(id: string, { generations, ends, now, signal }: MissedEnds): Promise<void> {
  const generation = await generations.get(id);
  if (generation === null || isOpen(generation)) return;
  if (generation.announce_tries < MOST_TRIES)
    return ends.tellAgain(generation, now() + FIRST_PAUSE_MS * 2 ** generation.announce_tries);
  await ends.giveUp(id);
  signal("EndNotAnnounced", id);
}

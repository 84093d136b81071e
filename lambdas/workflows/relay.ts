import type { Changes } from "../generations/changes.ts";
import type { EndedGeneration } from "../generations/record.ts";
import type { UnannouncedEnds } from "../generations/unannounced-ends.ts";
import { errorName, logger } from "../platform/observe.ts";

interface Announcer {
  /** Tells the event bus and the workflows that wait. */
  readonly announce: (generation: EndedGeneration) => Promise<void>;
  readonly ends: Pick<UnannouncedEnds, "announced">;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly signal: (name: "EndNotAnnounced", generationId: string) => void;
}

const PAUSE_MS = 1000;

/**
 * Tells of each end. May happen twice: a second event carries the same id. An end that cannot be told holds up no other
 * change: its record says that it is not announced, and the reconciler has it told again.
 */
export async function relayEnds({ ended }: Changes, announcer: Announcer): Promise<void> {
  await Promise.all(ended.map((generation) => relayEnd(generation, announcer)));
}

async function relayEnd(generation: EndedGeneration, announcer: Announcer): Promise<void> {
  const { announce, ends, sleep, signal } = announcer;
  const { id } = generation;
  try {
    await announce(generation).catch(async () => {
      await sleep(PAUSE_MS);
      await announce(generation);
    });
    await ends.announced(id);
  } catch (error) {
    logger.error("an end was not announced", { generation_id: id, error: errorName(error) });
    signal("EndNotAnnounced", id);
  }
}

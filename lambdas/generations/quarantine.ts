import { CorruptRecord, NewerRecord } from "./item.ts";
import type { Generation } from "./record.ts";
import type { GenerationStore } from "./table.ts";

interface QuarantineNeeds {
  readonly generations: Pick<GenerationStore, "get" | "quarantine">;
  readonly signal: (name: "PoisonMessage", generationId: string) => void;
}

/**
 * The same for those that stand in a queue: a record of a newer version is passed over and left as it is. It is the
 * newer version's, and holds up none of the others here.
 */
export async function readOrPassOver(id: string, needs: QuarantineNeeds): Promise<Generation | null> {
  try {
    return await readOrQuarantine(id, needs);
  } catch (error) {
    if (error instanceof NewerRecord) return null;
    throw error;
  }
}

/** A generation as it is now, or null. An unreadable record leaves every queue, so that it can't hold up the others. */
export async function readOrQuarantine(id: string, needs: QuarantineNeeds): Promise<Generation | null> {
  try {
    return await needs.generations.get(id);
  } catch (error) {
    if (!(error instanceof CorruptRecord)) throw error;
    await needs.generations.quarantine(id);
    needs.signal("PoisonMessage", id);
    return null;
  }
}

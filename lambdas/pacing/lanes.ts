/** Where a request came in: interactive work goes before batch work. */
export const LANES = ["interactive", "batch"] as const;

export type Lane = (typeof LANES)[number];

/** Every so many slots batch work goes first, so that a stream of interactive work can't starve it. */
const BATCH_SHARE = 4;

/** Which lane goes first at the slot of this number. */
export function lanesInOrder(slotNumber: number): readonly Lane[] {
  return slotNumber % BATCH_SHARE === 0 ? ["batch", "interactive"] : LANES;
}

/** How many slots so many interactive generations take, with those that go to batch work in between, as far as there is any. */
export function slotsOf(interactive: number, batch: number): number {
  return interactive + Math.min(batch, Math.floor(interactive / (BATCH_SHARE - 1)));
}

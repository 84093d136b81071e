import { timestamp } from "../platform/clock.ts";

/** What was made and charged: pictures, and millionths of a currency. */
export interface Charge {
  readonly images: number;
  readonly cost: number;
  /** What answers that were lost may have cost besides. */
  readonly unknown: number;
}

/** Whose charges one counter adds up: an owner's for one model, in one month and currency. */
export interface UsageAccount {
  readonly owner: string;
  /** Of the generations that were accepted in it, as budgets have it: `2026-11`, UTC. */
  readonly month: string;
  readonly model: string;
  readonly currency: string;
}

/** A counter as it stands. `changes` counts its writes. */
export interface UsageCounter extends UsageAccount {
  readonly charge: Charge;
  readonly changes: number;
}

export const NO_CHARGE: Charge = { images: 0, cost: 0, unknown: 0 };

/** The month, UTC, of a time in epoch milliseconds. */
export function monthOf(time: number): string {
  return timestamp(time).slice(0, 7);
}

export function isNoCharge(charge: Charge): boolean {
  return isSameCharge(charge, NO_CHARGE);
}

export function isSameCharge(one: Charge, other: Charge): boolean {
  return one.images === other.images && one.cost === other.cost && one.unknown === other.unknown;
}

export function sumOf(charges: readonly Charge[]): Charge {
  return charges.reduce(
    (sum, { images, cost, unknown }) => ({
      images: sum.images + images,
      cost: sum.cost + cost,
      unknown: sum.unknown + unknown,
    }),
    NO_CHARGE,
  );
}

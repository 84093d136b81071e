/** Money is a decimal string outside and a whole number of millionths inside, so that sums are exact. */
const SCALE = 1_000_000;
const PLACES = 6;

/** The millionths of an amount such as `0.075`; further places are cut off. */
export function millionthsOf(amount: string): number {
  const [whole = "0", fraction = ""] = amount.split(".");
  return Number(whole) * SCALE + Number(fraction.padEnd(PLACES, "0").slice(0, PLACES));
}

/** The amount of so many millionths, without zeros at its end. */
export function amountOf(millionths: number): string {
  const fraction = String(millionths % SCALE)
    .padStart(PLACES, "0")
    .replace(/0+$/, "");
  const whole = String(Math.floor(millionths / SCALE));
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

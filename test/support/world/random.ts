/** A small random generator that a number seeds (mulberry32): numbers from 0 to 1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How long calls take (milliseconds): three of a hundred up to `slowest`, the others up to 21. */
export function latencies(random: () => number, slowest: number): () => number {
  return () => {
    const dice = random();
    return 1 + (dice < 0.97 ? random() * 20 : random() * slowest);
  };
}

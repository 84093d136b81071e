import { createHash } from "node:crypto";

/** A repeatable source of numbers in [0, 1). */
export type Random = () => number;

/** The same words always give the same numbers, on every machine: a picture can be compared byte by byte. */
export function randomFrom(...words: readonly (string | number)[]): Random {
  const digest = createHash("sha256").update(words.join("\u0000")).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = digest.readUInt32LE(12) | 1;
  // sfc32: small, fast, and without the visible patterns of a linear congruence.
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  };
}

/** Smooth one-dimensional noise in [0, 1], the sum of octaves: the outline of hills. */
export function noiseLine(random: Random, octaves: number, roughness: number): (position: number) => number {
  const lattice = Array.from({ length: 512 }, random);
  const at = (position: number): number => {
    const left = Math.floor(position);
    const fraction = position - left;
    const ease = fraction * fraction * (3 - 2 * fraction);
    const from = lattice[left & 511] ?? 0;
    const to = lattice[(left + 1) & 511] ?? 0;
    return from + (to - from) * ease;
  };
  return (position) => {
    let total = 0;
    let weight = 0;
    let amplitude = 1;
    let frequency = 1;
    for (let octave = 0; octave < octaves; octave += 1) {
      total += amplitude * at(position * frequency + octave * 71.3);
      weight += amplitude;
      amplitude *= roughness;
      frequency *= 2.07;
    }
    return total / weight;
  };
}

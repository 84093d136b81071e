const FARTHEST = 2;

/** The word that is probably meant: the one that takes the fewest changes of a letter, two at most; null for none. */
export function nearest(word: string, known: readonly string[]): string | null {
  let found: string | null = null;
  let least = FARTHEST + 1;
  for (const each of known) {
    const changes = distance(word, each);
    // Half of a short word is no slip.
    if (changes < least && changes < each.length / 2) {
      found = each;
      least = changes;
    }
  }
  return found;
}

/** Levenshtein's distance; of words whose lengths are too far apart only that it is too far. */
function distance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > FARTHEST) return FARTHEST + 1;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

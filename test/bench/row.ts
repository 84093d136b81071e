/** One line of the table: what was measured, and what it is held against. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** Its floor or its peer, in the same unit. */
  readonly beside: string;
  readonly goal: string;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Milliseconds, rounded. */
export function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(0)} ms`;
}

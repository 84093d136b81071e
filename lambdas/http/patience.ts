/** API Gateway gives up after 29 s, counted from the request's arrival there; one is for the way back. */
const GATEWAY_PATIENCE_MS = 28_000;
/** What an answer takes after the wait: a read, a signature, the way out of the function. */
const LAMBDA_MARGIN_MS = 1_500;
/** The gateway's clock is believed as long as it agrees with ours to about this. */
const CLOCK_TRUST_MS = 60_000;

interface Patience {
  readonly now: number;
  /** When API Gateway received the request, by its own clock. */
  readonly receivedAt: number | undefined;
  /** What is left of the function's time, in milliseconds. */
  readonly remaining: number | undefined;
  readonly headers: Readonly<Partial<Record<string, string>>>;
}

/**
 * When an answer must be on its way (epoch milliseconds): before the gateway, the function or the caller's SDK
 * gives up, whichever is first. OpenAI's SDKs tell their time-out in whole seconds.
 */
export function answerBy({ now, receivedAt, remaining, headers }: Patience): number {
  const received =
    receivedAt !== undefined && Math.abs(now - receivedAt) < CLOCK_TRUST_MS ? Math.min(receivedAt, now) : now;
  const limits = [received + GATEWAY_PATIENCE_MS];
  if (remaining !== undefined) limits.push(now + remaining - LAMBDA_MARGIN_MS);
  for (const name of ["x-stainless-read-timeout", "x-stainless-timeout"]) {
    const seconds = Number(headers[name] || Number.NaN);
    if (seconds > 0) limits.push(now + Math.max(seconds * 500, seconds * 1000 - 1_000));
  }
  return Math.min(...limits);
}

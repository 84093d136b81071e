/** How long one try of a call to AWS may take, in seconds. The SDK makes three. */
export const CALL_SECONDS = 5;
/** The same for pictures, which have up to 32 MiB. */
const PICTURE_CALL_SECONDS = 20;
/** How often the SDK tries a call by default. */
export const CALL_TRIES = 3;

/**
 * What every client of an AWS service is made with. By default the SDK waits for ever, and a connection that hangs
 * after the provider's answer would lose what was paid for.
 */
export const CALLS = callLimits(CALL_SECONDS);
export const PICTURE_CALLS = callLimits(PICTURE_CALL_SECONDS);

/** Limits of a client whose tries may take so many seconds. */
export function callLimits(seconds: number) {
  const milliseconds = seconds * 1000;
  return {
    maxAttempts: CALL_TRIES,
    requestHandler: {
      connectionTimeout: 1000,
      // To the head of the answer; from there on a socket must not fall silent.
      requestTimeout: milliseconds,
      throwOnRequestTimeout: true,
      socketTimeout: milliseconds,
    },
  };
}

import { errorName, logger } from "../platform/observe.ts";

/** A side effect of an answer must not keep the answer from being written down: its error is logged, and passed over. */
export async function bestEffort<Result>(effect: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await effect();
  } catch (error) {
    logger.warn("an answer's side effect failed", { error: errorName(error) });
    return undefined;
  }
}

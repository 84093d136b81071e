import { exitCode, Failure } from "../failure.ts";
import type { Connection } from "../sdk/connection.ts";
import { ImageServiceError } from "../sdk/error.ts";

/** The service and who calls it. */
export interface Api extends Connection {
  /** What to do when nothing answers there: the end of a sentence. */
  readonly remedy: string;
}

/** Turns what the client throws into what a person can do about it. */
export async function speakingToApi<T>(api: Api, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ImageServiceError)) throw error;
    throw new Failure(advice(error, api), { exitCode: exitCodeOf(error.code), cause: error });
  }
}

function advice({ code, message, generationId }: ImageServiceError, { remedy }: Api): string {
  if (code === "unreachable" && generationId === null) return `${message.replace(/\.$/, "")}: ${remedy}.`;
  if (code === "unauthorized")
    return `${code}: ${message} IMAGE_SERVICE_API_KEY holds the key; npm run keys -- create makes one.`;
  return `${code}: ${message}`;
}

const WRONG_USE: readonly string[] = [
  "invalid_request",
  "idempotency_key_reused",
  "payload_too_large",
  "malformed_json",
  "not_found",
];

function exitCodeOf(code: string): number {
  if (["unreachable", "unauthorized", "forbidden"].includes(code)) return exitCode.unreachable;
  return WRONG_USE.includes(code) ? exitCode.wrongUse : exitCode.failed;
}

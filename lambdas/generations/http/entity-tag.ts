import { createHash } from "node:crypto";
import type { Generation } from "../record.ts";

/**
 * The strong entity tag of a generation: another after every change of the record. The presigned address of the
 * picture and the estimated start are new with every answer; they don't count as changes.
 */
export function entityTag({ id, version }: Pick<Generation, "id" | "version">): string {
  const digest = createHash("sha256").update(`${id}#${version}`).digest("base64url");
  return `"${digest.slice(0, 22)}"`;
}

/** Tells whether an `If-None-Match` header names this tag. */
export function namesTag(ifNoneMatch: string, tag: string): boolean {
  return ifNoneMatch
    .split(",")
    .map((entry) => entry.trim().replace(/^W\//, ""))
    .some((entry) => entry === "*" || entry === tag);
}

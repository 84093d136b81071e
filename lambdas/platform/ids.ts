import { createHash, randomBytes } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 26;

/** What every generation id looks like; anything else names no generation. */
export const GENERATION_ID = /^gen_[0-9a-hjkmnp-tv-z]{26}$/;

/** What every batch id looks like. */
export const BATCH_ID = /^bat_[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * The id of the generation that an owner's idempotency key names. The key decides the id, so that one
 * conditional put on the id is the whole idempotency mechanism; another owner's same key is another id.
 */
export function idForKey(owner: string, idempotencyKey: string): string {
  return `gen_${base32(
    createHash("sha256")
      .update(JSON.stringify([owner, idempotencyKey]))
      .digest(),
  )}`;
}

/** A fresh id, for an intent without an idempotency key. */
export function randomId(): string {
  return `gen_${randomName()}`;
}

/** A name that nobody can guess. */
export function randomName(): string {
  return base32(randomBytes(LENGTH));
}

/** The id of a batch: the owner's idempotency key decides it as it decides a generation's, or chance where there is none. */
export function batchId(owner: string, idempotencyKey: string | null): string {
  if (idempotencyKey === null) return `bat_${randomName()}`;
  return idForKey(owner, `batch ${idempotencyKey}`).replace("gen_", "bat_");
}

/**
 * The key of the intent on one line of a batch. It holds spaces, which no caller's key can. `edition` tells a batch from
 * an earlier one of the same id, whose time was over.
 */
export function lineKeyOf(batch: string, line: number, edition: string | null): string {
  return ["batch", batch, line, ...(edition === null ? [] : [edition])].join(" ");
}

/** The line of a batch, and its edition, that a key of `lineKeyOf` names; null for any other key. */
export function lineOf(
  batch: string,
  key: string | null,
): { readonly line: number; readonly edition: string | null } | null {
  const [word, of, line, edition = null] = (key ?? "").split(" ");
  return word === "batch" && of === batch && line !== undefined ? { line: Number(line), edition } : null;
}

/** Crockford's base 32 of the first 130 bits: five bits of each byte pair, no letters that read as digits. */
function base32(bytes: Uint8Array): string {
  let bits = BigInt(`0x${Buffer.from(bytes.subarray(0, 17)).toString("hex")}`) >> 6n;
  let text = "";
  for (let i = 0; i < LENGTH; i++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return text;
}

import { createHmac, timingSafeEqual } from "node:crypto";
import { InvalidInput } from "../platform/problems.ts";

const SIGNATURE_BYTES = 16;

/** The form of any cursor: one that has it may still not be ours. */
export const CURSOR_FORM = /^[\w-]{22,}$/;
export const NO_CURSOR = "is not a cursor of this list: take next_cursor as it is, with the same filters";

/** What a cursor belongs to: it leads nowhere under another owner or other filters. */
interface Binding {
  readonly owner: string;
  readonly filters: readonly (string | number | null)[];
}

/** The opaque cursor of a position in a list. */
export function writeCursor(position: string, binding: Binding, key: Uint8Array): string {
  return Buffer.concat([signatureOf(position, binding, key), Buffer.from(position)]).toString("base64url");
}

/**
 * The position in a cursor.
 *
 * @throws InvalidInput for one that was altered, or was made for another owner or list
 */
export function readCursor(cursor: string, binding: Binding, key: Uint8Array): string {
  const bytes = Buffer.from(cursor, "base64url");
  const signature = bytes.subarray(0, SIGNATURE_BYTES);
  const position = bytes.subarray(SIGNATURE_BYTES).toString();
  const genuine =
    // Several texts decode to the same bytes; only the one that we wrote counts.
    bytes.toString("base64url") === cursor &&
    signature.byteLength === SIGNATURE_BYTES &&
    timingSafeEqual(signature, signatureOf(position, binding, key));
  if (!genuine) throw new InvalidInput([{ pointer: "#/query/after", detail: NO_CURSOR }]);
  return position;
}

function signatureOf(position: string, { owner, filters }: Binding, key: Uint8Array): Buffer {
  return createHmac("sha256", key)
    .update(JSON.stringify([owner, filters, position]))
    .digest()
    .subarray(0, SIGNATURE_BYTES);
}

import { InvalidInput } from "./service-error.ts";

/**
 * Reads JSON in UTF-8 as callers may send it.
 *
 * @throws InvalidInput for a name that no object of this language can be trusted with
 * @throws SyntaxError or TypeError where it is no JSON, or no UTF-8
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), refuseProto);
}

/** Schemas drop this name without a word; a pair of metadata would be lost. */
function refuseProto(name: string, value: unknown): unknown {
  if (name === "__proto__")
    throw new InvalidInput([{ pointer: "#", detail: "must not have a field named __proto__ anywhere" }]);
  return value;
}

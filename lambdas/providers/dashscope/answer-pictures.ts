/** Whether an address is on the provider's storage, or on a host that the operator listed. */
export type IsResultUrl = (address: string) => boolean;

/** A picture as an answer holds it. */
export type FoundPicture =
  | { readonly kind: "address"; readonly address: string }
  | { readonly kind: "inline"; readonly bytes: Uint8Array };

/** Arrays in arrays in arrays are an attack on the stack, not an answer. */
const DEEPEST = 4;

/**
 * The pictures of a document at the places where the provider's services are known to put them. An address there counts
 * on whatever host: an unknown one waits for the operator.
 */
export function picturesAtKnownPlaces(document: unknown, isResultUrl: IsResultUrl): FoundPicture[] {
  const output = field(document, "output");
  const anyHost = [
    ...many(field(output, "choices")).flatMap((choice) => texts(field(field(choice, "message"), "content"))),
    ...many(field(output, "results")).flatMap((result) => texts(result)),
    ...texts(output),
  ];
  // The OpenAI-compatible side. An error may keep a link of any kind there.
  const data = many(field(document, "data")).flatMap((item) => texts(item));
  const isError = [field(document, "code"), field(document, "error")].some(Boolean);
  return [
    ...anyHost.map((text) => pictureOf(text, isResultUrl, true)),
    ...data.map((text) => pictureOf(text, isResultUrl, !isError)),
  ].filter((picture) => picture !== null);
}

/** Whether a document lists results, as only a call that painted does. */
export function listsResults(document: unknown): boolean {
  const output = field(document, "output");
  return many(field(output, "choices")).length > 0 || many(field(output, "results")).length > 0;
}

/** The member of an object; undefined for anything else. */
function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function many(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === undefined || value === null ? [] : [value];
}

function texts(value: unknown, depth = 0): string[] {
  if (depth > DEEPEST) return [];
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap((item) => texts(item, depth + 1));
  return ["image", "image_url", "url", "b64_json"].flatMap((name) => texts(field(value, name), depth + 1));
}

function pictureOf(text: string, isResultUrl: IsResultUrl, anyHost: boolean): FoundPicture | null {
  const bytes = inlinePicture(text);
  if (bytes !== null) return { kind: "inline", bytes };
  const address = resultAddress(text, isResultUrl) ?? (anyHost ? anyAddress(text) : null);
  return address === null ? null : { kind: "address", address };
}

/** An address on the provider's storage, made one of https where that alone is allowed; null for any other. */
export function resultAddress(written: string, isResultUrl: IsResultUrl): string | null {
  const address = plain(written);
  if (!URL.canParse(address)) return null;
  // The host is what counts here; a space or a letter beyond ASCII in the path is the download's to encode.
  const allowed = (candidate: string) => isResultUrl(new URL(candidate).href);
  if (allowed(address)) return address;
  const secure = address.replace(/^http:/i, "https:");
  return allowed(secure) ? secure : null;
}

function anyAddress(written: string): string | null {
  const address = plain(written);
  return /^https?:\/\/\S+$/i.test(address) && URL.canParse(address) ? address : null;
}

/** As it was before it was escaped for HTML or JSON, and with its scheme. */
function plain(written: string): string {
  return written
    .trim()
    .replace(/&(?:amp|#38|#x26);|\\u0026/gi, "&")
    .replace(/^\/\//, "https://");
}

/** The bytes of a `data:` URL or of bare base64, if they begin as a picture does; null for any other text. */
export function inlinePicture(text: string): Uint8Array | null {
  const prefix = /^\s*(?:data:[^,]{0,200};base64,)?/i.exec(text)?.[0].length ?? 0;
  if (!/^(?:iVBORw0KGgo|\/9j\/|UklGR)/.test(text.slice(prefix, prefix + 16))) return null;
  return Buffer.from(text.slice(prefix), "base64");
}

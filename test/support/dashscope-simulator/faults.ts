import { type ProviderError, rateQuota, usualMessage } from "./provider-errors.ts";
import { type StrangeName, strangeNames } from "./strange-answers.ts";

/** How the call is answered, instead of with a picture. */
const answerFaults = [
  "hang",
  "reset",
  "reset-before",
  "truncate",
  "html-502",
  "html-504",
  "json-200-error",
  "empty-200",
  "not-json-200",
  "redirect",
  "slow-headers",
  "huge-body",
] as const;

/** How the body of a success differs from the documented one. */
const shapeFaults = ["no-image", "alt-usage", "multi-part", "no-task-metric", "wrong-usage-size"] as const;

/** What is odd about the URL of the picture. */
const urlFaults = ["http-url", "off-list-host", "localhost-url", "image-expired"] as const;

/** What is odd about the stored picture. */
const pictureFaults = ["image-32mib"] as const;

/** How a download is answered; `*N` counts the downloads of one result. */
const downloadFaults = [
  "image-404",
  "image-403",
  "image-500",
  "image-truncate",
  "image-reset",
  "image-hang",
  "image-stall",
  "image-redirect",
  "image-moved",
  "image-not-png",
  "image-wrong-size",
  "image-oversized",
  "image-oversized-chunked",
  "image-no-iend",
  "image-bad-crc",
  "image-octet-stream",
  "image-bad-md5",
] as const;

export type AnswerFault = (typeof answerFaults)[number];
export type ShapeFault = (typeof shapeFaults)[number];
export type UrlFault = (typeof urlFaults)[number];
export type PictureFault = (typeof pictureFaults)[number];
export type DownloadFault = (typeof downloadFaults)[number];

/** Everything `[[fault:…]]` understands, beside `throttle` and `throttle-once`. */
export const faultNames = [
  ...answerFaults,
  ...shapeFaults,
  ...urlFaults,
  ...pictureFaults,
  ...downloadFaults,
] as const;

/** One thing that goes wrong. */
export type Fault =
  | { readonly kind: "error"; readonly error: ProviderError }
  | { readonly kind: "latency"; readonly milliseconds: number }
  | { readonly kind: "image-url"; readonly url: string }
  | { readonly kind: "answer"; readonly name: AnswerFault }
  /** Written `[[answer:…]]`. */
  | { readonly kind: "strange"; readonly name: StrangeName }
  | { readonly kind: "shape"; readonly name: ShapeFault }
  | { readonly kind: "url"; readonly name: UrlFault }
  | { readonly kind: "picture"; readonly name: PictureFault }
  | { readonly kind: "download"; readonly name: DownloadFault };

/** A fault as written, and how often it happens. */
export interface Marked {
  readonly text: string;
  readonly fault: Fault;
  /** Infinity where no `*N` was given. */
  readonly times: number;
}

/** A fault for calls to come. */
export interface FaultOrder {
  /** Only for prompts that contain this. */
  readonly match?: string | undefined;
  /** As between the brackets of a marker: `reset`, `image-500*2`, `error:400:DataInspectionFailed`, `latency:50`. */
  readonly fault: string;
  /** The number of calls it happens to; 1 unless told. */
  readonly times?: number | undefined;
}

/** Thrown for a marker that means nothing: a typo must not pass for a test without a fault. */
export class UnknownFault extends Error {
  constructor(text: string) {
    super(`simulator: unknown fault "${text}"`);
    this.name = "UnknownFault";
  }
}

const markerPattern = /\[\[((?:fault|answer|error|latency|image-url):[^\]]*)\]\]/g;

/** The markers of a prompt, in order. Throws {@link UnknownFault}. */
function markersIn(prompt: string): Marked[] {
  return [...prompt.matchAll(markerPattern)].map(([, text]) => parseFault(text ?? ""));
}

/** Reads what stands between the brackets; `fault:` may be left out. Throws {@link UnknownFault}. */
function parseFault(text: string): Marked {
  const counted = /^(.*)\*(\d+)$/s.exec(text);
  const body = counted?.[1] ?? text;
  const once = body === "throttle-once" || body === "fault:throttle-once";
  const times = counted === null ? (once ? 1 : Number.POSITIVE_INFINITY) : Number(counted[2]);
  const fault = readFault(body);
  if (fault === undefined) throw new UnknownFault(text);
  return { text, fault, times };
}

function readFault(body: string): Fault | undefined {
  const [kind = "", ...rest] = body.split(":");
  const value = rest.join(":");
  switch (kind) {
    case "error":
      return readError(value);
    case "latency":
      return /^\d+$/.test(value) ? { kind: "latency", milliseconds: Number(value) } : undefined;
    case "image-url":
      return value === "" ? undefined : { kind: "image-url", url: value };
    case "answer": {
      const name = strangeNames.find((candidate) => candidate === value);
      return name === undefined ? undefined : { kind: "strange", name };
    }
    case "fault":
      return namedFault(value);
    default:
      return namedFault(body);
  }
}

function readError(value: string): Fault | undefined {
  const parts = /^(\d{3}):([^:]+)(?::(.*))?$/s.exec(value);
  if (parts === null) return undefined;
  const [, status = "", code = "", message] = parts;
  return {
    kind: "error",
    error: { status: Number(status), code, message: message ?? usualMessage(Number(status), code) },
  };
}

function namedFault(name: string): Fault | undefined {
  if (name === "throttle" || name === "throttle-once") return { kind: "error", error: rateQuota };
  const within = <Name extends string>(names: readonly Name[]): Name | undefined =>
    names.find((candidate) => candidate === name);
  const answer = within(answerFaults);
  if (answer !== undefined) return { kind: "answer", name: answer };
  const shape = within(shapeFaults);
  if (shape !== undefined) return { kind: "shape", name: shape };
  const url = within(urlFaults);
  if (url !== undefined) return { kind: "url", name: url };
  const picture = within(pictureFaults);
  if (picture !== undefined) return { kind: "picture", name: picture };
  const download = within(downloadFaults);
  if (download !== undefined) return { kind: "download", name: download };
  return undefined;
}

/** Remembers which counted faults have happened. */
export class FaultBook {
  readonly #seen = new Map<string, number>();
  #orders: { readonly match: string | undefined; readonly marked: Marked; left: number }[] = [];

  /** Queues a fault for calls to come. Throws {@link UnknownFault}. */
  add(order: FaultOrder): void {
    this.#orders.push({ match: order.match, marked: parseFault(order.fault), left: order.times ?? 1 });
  }

  /** The faults of this call; counts it. Download faults keep their own count, by result. */
  take(prompt: string): Marked[] {
    const marked = markersIn(prompt).filter((candidate, index) => {
      if (candidate.fault.kind === "download") return true;
      const key = `${index}\u0000${prompt}`;
      const before = this.#seen.get(key) ?? 0;
      this.#seen.set(key, before + 1);
      return before < candidate.times;
    });
    const ordered = this.#orders.filter(({ match, left }) => left > 0 && prompt.includes(match ?? ""));
    for (const order of ordered) order.left -= 1;
    this.#orders = this.#orders.filter(({ left }) => left > 0);
    return [...marked, ...ordered.map((order) => order.marked)];
  }

  clear(): void {
    this.#seen.clear();
    this.#orders = [];
  }
}

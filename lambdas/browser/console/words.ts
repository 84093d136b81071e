import type { Generation, Model } from "./types.ts";

/** A time span as people say it: `8 seconds`, `3 minutes`, `2 hours`. */
export function spanOf(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 60) return counted(seconds, "second");
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? counted(minutes, "minute") : counted(Math.round(minutes / 60), "hour");
}

export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** An amount of the API, a decimal, in its currency. */
export function moneyOf(amount: string, currency: string): string {
  return new Intl.NumberFormat("en", { style: "currency", currency, maximumFractionDigits: 4 }).format(
    Number(amount),
  );
}

/** `1664*928` as people write it. */
export function sizeWords(size: string): string {
  return size.replace("*", " × ");
}

/** Width and height of a size; a square for what is none. */
export function sidesOf(size: string): [width: number, height: number] {
  const [width = 1, height = 1] = size.split("*").map(Number);
  return [width || 1, height || 1];
}

const REASONS: Readonly<Record<string, string>> = {
  in_line: "In line",
  painting: "Painting",
  provider_throttled: "In line",
  provider_unavailable: "The provider is not working",
  provider_paused: "Waits for the operator",
  image_fetching: "Painted, on its way",
  image_host_unknown: "Painted, waits for the operator",
  image_refused: "Painted, waits for the operator",
  storage_unavailable: "Waits for storage",
};

/** What an open generation is about, in a few words, and how long it may take as far as anyone knows. */
export function progressOf(generation: Generation, now: number): { title: string; timing: string } {
  const { waiting, status, estimated_start_at, started_at, created_at } = generation;
  const title = REASONS[waiting?.reason ?? ""] ?? (status === "running" ? "Painting" : "In line");
  if (status === "running")
    return { title, timing: `for ${spanOf(now - Date.parse(started_at ?? created_at))}` };
  // A list does not know the queue; the waiting of each still has its own next step.
  const next = estimated_start_at ?? waiting?.next_at ?? null;
  if (next === null) return { title, timing: "" };
  const left = Date.parse(next) - now;
  return { title, timing: left > 1500 ? `starts in about ${spanOf(left)}` : "starts any moment" };
}

const BILLED = { yes: "It was charged.", no: "Nothing was charged.", unknown: "It may have been charged." };

/** Why there is no picture. */
export function endOf({ status, error, usage, image, input }: Generation): string {
  if (error !== null) return `${error.message} ${BILLED[error.billed]}`;
  if (status === "canceled") return "Canceled before it started.";
  if (status === "expired") return "Its time was over before it could start.";
  return image === null && input !== null ? `There is no picture. ${BILLED[usage.billed]}` : "";
}

const EVENTS: Readonly<Record<string, string>> = {
  accepted: "Accepted",
  claimed: "Its turn came",
  submitted: "Sent to the provider",
  accepted_by_provider: "Painted by the provider",
  refused_by_provider: "Refused by the provider",
  outcome_unknown: "The provider’s answer was lost",
  late_answer: "A late answer came",
  requeued: "Back in line",
  taken_over: "Taken over",
  fetch_failed: "Could not be fetched yet",
  stored: "Stored",
  ended: "Ended",
  removed: "Deleted",
};

/** An event of the history; one that a newer service knows reads as it is named. */
export function eventWords(event: string): string {
  return EVENTS[event] ?? event.replaceAll("_", " ");
}

/** What one picture of a size costs, by the first tier that holds it; null where nobody knows. */
export function priceAmount({ pricing }: Model, size: string): number | null {
  const [width, height] = sidesOf(size);
  const tier = pricing.output.find(
    ({ up_to_pixels }) => up_to_pixels === null || width * height <= up_to_pixels,
  );
  const cost = (tier ?? pricing.output.at(-1))?.cost;
  return cost === undefined ? null : Number(cost);
}

/** The price of one picture, in words. */
export function priceOf(model: Model, size: string): string {
  const amount = priceAmount(model, size);
  return amount === null ? "" : moneyOf(String(amount), model.pricing.currency);
}

/** How many pictures a file of JSON lines or CSV asks for, as far as that is seen at a glance. */
export function picturesIn(file: string): number {
  const text = file.trim();
  if (text === "") return 0;
  if (text.startsWith("{")) return text.split("\n").filter((line) => line.trim() !== "").length;
  // Line breaks between quotes are part of a cell.
  return text
    .split('"')
    .map((part, index) => (index % 2 === 0 ? part : "cell"))
    .join("")
    .split("\n")
    .slice(1)
    .filter((line) => line.trim() !== "").length;
}

const COUNTED = ["succeeded", "running", "queued", "failed", "canceled", "expired", "invalid"];

/** How far a batch is: `3 of 5 done, 1 running, 1 failed`. */
export function batchWords(counts: Readonly<Record<string, number>>): string {
  const { total = 0, succeeded = 0 } = counts;
  if (total === 0) return "being read";
  const others = COUNTED.slice(1).flatMap((name) => (counts[name] ? [`${counts[name]} ${name}`] : []));
  return [`${succeeded} of ${total} painted`, ...others].join(", ");
}

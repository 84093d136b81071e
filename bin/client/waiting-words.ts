import type { WaitingView } from "../../lambdas/generations/waiting-view.ts";

type Waiting = NonNullable<WaitingView>;

/** What a generation waits for, as a person reads it in passing. `now` in epoch milliseconds. */
export function waitingWords(waiting: Waiting, now: number): string {
  const { reason, detail, tries } = waiting;
  switch (reason) {
    case "in_line":
      return `waits for its slot${due(waiting, now, ", ")}`;
    case "painting":
      return "the provider paints";
    case "provider_throttled":
    case "provider_unavailable":
      return `tried ${times(tries)} in vain${due(waiting, now, ", again in ")}: ${plain(detail)}`;
    case "provider_paused":
      return `the provider's operator must act: ${plain(detail)}`;
    case "image_fetching":
    case "storage_unavailable":
      return tries === 0
        ? "painted; fetching the picture"
        : `painted; fetching, try ${tries + 1}${due(waiting, now, " in ")}: ${plain(detail)}`;
    case "image_host_unknown":
    case "image_refused":
      return `painted; the service's operator must act: ${plain(detail)}`;
  }
}

/** "about 40 s"; nothing where the time is not known, or has come. */
function due({ next_at }: Waiting, now: number, before: string): string {
  const seconds = next_at === null ? 0 : Math.round((Date.parse(next_at) - now) / 1000);
  return seconds > 1 ? `${before}about ${inWords(seconds)}` : "";
}

/** A length of time, as exact as anybody needs it. */
function inWords(seconds: number): string {
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function times(tries: number): string {
  return tries === 1 ? "once" : `${tries} times`;
}

/** A sentence in the middle of another. */
function plain(detail: string): string {
  return detail.replace(/\.$/, "");
}

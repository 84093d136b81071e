import { billedOf } from "../../lambdas/generations/billed.ts";
import { type Generation, isOpen } from "../../lambdas/generations/record.ts";
import type { WaitingView } from "../../lambdas/generations/waiting-view.ts";
import { aligned } from "../table.ts";
import { waitingWords } from "./waiting-words.ts";

const BILLED = {
  yes: "billed",
  no: "not billed",
  unknown: "perhaps billed: the provider's answer was lost",
} as const;

/** A generation as a person reads it: no prompt and no address of the provider's, so that it can be shown around. */
export function inspectionOf(generation: Generation, waiting: WaitingView, now: number): string {
  const { id, state, owner, lane, model, price, created_at, deadline, attempts, warnings } = generation;
  const rows = [
    ["State", state],
    ...(waiting === null ? [] : waitingRows(waiting, now)),
    ["Owner", `${owner}, ${lane}`],
    [
      "Model",
      `${model}, ${generation.region}${generation.input === null ? "" : `, ${generation.input.size}`}`,
    ],
    ["Accepted", shortTime(created_at)],
    isOpen(generation) ? ["Deadline", shortTime(deadline)] : ["Ended", shortTime(generation.completed_at)],
    ["Attempts", String(attempts)],
    ["Cost", `${price.amount} ${price.currency} a picture; ${BILLED[billedOf(generation)]}`],
    ...pictureRows(generation),
    ...("error" in generation ? [["Error", `${generation.error.code}: ${generation.error.message}`]] : []),
    ...warnings.map((warning) => ["Warning", warning]),
  ];
  return [id, ...aligned(rows).map((row) => `  ${row}`), "", ...historyOf(generation)].join("\n");
}

function waitingRows(waiting: NonNullable<WaitingView>, now: number): string[][] {
  const { reason, since, tries, next_at } = waiting;
  return [
    ["Waits", `${waitingWords(waiting, now)} (${reason})`],
    [
      "",
      `since ${shortTime(since)}, ${tries} tries, next ${next_at === null ? "not known" : shortTime(next_at)}`,
    ],
  ];
}

function pictureRows(generation: Generation): string[][] {
  if (generation.state === "succeeded")
    return [
      [
        "Picture",
        generation.image === null ? "removed" : `s3://${generation.image.bucket}/${generation.image.key}`,
      ],
    ];
  if (generation.state !== "painted") return [];
  const { unverified_key: kept, source_expires_at: expires } = generation;
  return [
    ["Picture", `at the provider's storage until ${shortTime(expires)}`],
    ...(kept === null ? [] : [["Refused", `${kept}: --accept makes it the picture, --end gives it up`]]),
  ];
}

function historyOf({ history }: Generation): string[] {
  const rows = history.map(({ at, event, attempt, detail, provider, count, last_at }) => [
    at,
    event + (count === 1 ? "" : ` ×${count}, last ${shortTime(last_at)}`),
    attempt === 0 ? "" : `attempt ${attempt}`,
    [provider?.code, provider?.request_id, detail].filter((part) => part != null).join(", "),
  ]);
  return aligned([["TIME", "EVENT", "", "DETAIL"], ...rows]);
}

/** To the second, UTC. */
function shortTime(time: string): string {
  return `${time.slice(0, 19).replace("T", " ")}Z`;
}

import { byId, element } from "../dom.ts";
import { read } from "./api.ts";
import type { Usage } from "./types.ts";
import { counted, moneyOf } from "./words.ts";

/** Shows what this month has cost, against the budget where there is one. Without an answer it stays away. */
export async function showSpend(): Promise<void> {
  const section = byId("spend", HTMLElement);
  try {
    const usage = await read<Usage>("usage");
    section.replaceChildren(...told(usage));
    section.hidden = false;
  } catch {
    section.hidden = true;
  }
}

function told({ month, images, cost, unknown, held, currency, budget }: Usage): HTMLElement[] {
  const name = new Date(`${month}-15T00:00:00Z`).toLocaleDateString("en", { month: "long", timeZone: "UTC" });
  const others = [
    ...(Number(held) === 0 ? [] : [`${moneyOf(held, currency)} held for what is in work`]),
    ...(Number(unknown) === 0 ? [] : [`perhaps ${moneyOf(unknown, currency)} more, as answers were lost`]),
  ];
  const of = budget === null ? "" : ` of ${moneyOf(budget.limit, currency)}`;
  const line = element(
    "p",
    {},
    element("strong", {}, moneyOf(cost, currency)),
    [`${of} in ${name}, ${counted(images, "picture")}`, ...others].join("; "),
  );
  if (budget === null) return [line];
  const bar = element("progress", { attributes: { "aria-label": "Used of this month’s budget" } });
  bar.max = Number(budget.limit);
  bar.value = Number(budget.limit) - Number(budget.remaining);
  return [line, bar];
}

import * as z from "zod";
import { NO_BODY, NO_HEADERS, operation } from "../../http/operation.ts";
import { json } from "../../http/reply.ts";
import type { OwnerBudget } from "../table.ts";
import { monthOf } from "../usage.ts";
import type { UsageStore } from "../usage-table.ts";
import { usageView, viewOfUsage } from "../usage-view.ts";

interface UsageNeeds {
  readonly usage: Pick<UsageStore, "counters">;
  /** The prices of an owner's generations of a month that have not ended, in millionths. */
  readonly openPrices: (
    owner: string,
    month: string,
  ) => Promise<readonly { readonly model: string; readonly currency: string; readonly cost: number }[]>;
  readonly ownerBudget: OwnerBudget;
  /** What the provider charges in. */
  readonly offer: { readonly currency: string };
  readonly now: () => number;
}

const query = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, { error: "must be a month such as 2026-11" })
    .optional()
    .meta({ description: "Year and month, UTC; the running month when absent.", example: "2026-11" }),
});

/** `GET /v1/usage`: what the caller's generations of a month made and cost. */
export const readUsage = operation({
  method: "GET",
  path: "/v1/usage",
  operationId: "readUsage",
  tag: "Service",
  summary: "Read what was made and spent",
  description:
    "Pictures and cost of your generations that were accepted in a month, by model. A picture is counted within seconds of its end. Sums are in the currency that the service is charged in now; a model that was charged in another has its own line.",
  requestHeaders: NO_HEADERS,
  query,
  body: NO_BODY,
  answers: {
    200: {
      description: "The month.",
      schema: usageView,
    },
  },
  problems: ["invalid_request"],
  async handle({ caller: { owner }, query }, { usage, openPrices, ownerBudget, offer, now }: UsageNeeds) {
    const month = query.month ?? monthOf(now());
    const [counters, open, budget] = await Promise.all([
      usage.counters(month, owner),
      openPrices(owner, month),
      ownerBudget(owner, month),
    ]);
    return json(200, viewOfUsage({ month, currency: offer.currency }, counters, open, budget));
  },
});

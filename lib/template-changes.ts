import { isDeepStrictEqual } from "node:util";
import type { Template } from "./data-guard.ts";

/** What a deployment of `after` over `before` adds, changes and removes, a line each. New code of a function is no change here. */
export function changesBetween(before: Template, after: Template): string[] {
  const ids = [...new Set([...Object.keys(before.Resources), ...Object.keys(after.Resources)])].sort();
  return ids.flatMap((id) => {
    const [old, now] = [before.Resources[id], after.Resources[id]];
    if (old === undefined) return now === undefined ? [] : [`+ ${id} (${now.Type})`];
    if (now === undefined) return [`- ${id} (${old.Type})`];
    const names = [...new Set([...Object.keys(old.Properties), ...Object.keys(now.Properties)])].sort();
    const changed = names.filter(
      (name) => name !== "Code" && !isDeepStrictEqual(old.Properties[name], now.Properties[name]),
    );
    const policies = (["DeletionPolicy", "UpdateReplacePolicy"] as const).filter(
      (policy) => old[policy] !== now[policy],
    );
    const what = [...changed, ...policies];
    return what.length === 0 ? [] : [`~ ${id} (${now.Type}): ${what.join(", ")}`];
  });
}

import type { Outline } from "./operation.ts";

/** What is at a path: an operation, other methods than the one asked for, or nothing. */
type Match<Some> =
  | { readonly kind: "operation"; readonly operation: Some; readonly id: string }
  | { readonly kind: "other_methods"; readonly methods: readonly string[] }
  | { readonly kind: "nothing" };

/** Finds the operation for a request. */
export function match<Some extends Outline>(
  operations: readonly Some[],
  method: string,
  path: string,
): Match<Some> {
  const atPath = operations.flatMap((operation) => {
    const id = idIn(path, operation.path);
    return id === null ? [] : [{ operation, id }];
  });
  const found = atPath.find(({ operation }) => operation.method === method);
  if (found !== undefined) return { kind: "operation", ...found };
  if (atPath.length > 0)
    return { kind: "other_methods", methods: atPath.map(({ operation }) => operation.method) };
  return { kind: "nothing" };
}

/** The `{id}` in a path that fits the pattern, empty where the pattern has none; null for a path that doesn't fit. */
function idIn(path: string, pattern: string): string | null {
  const [before = "", after] = pattern.split("{id}");
  if (after === undefined) return path === pattern ? "" : null;
  if (!path.startsWith(before) || !path.endsWith(after)) return null;
  const id = path.slice(before.length, path.length - after.length);
  return id === "" || id.includes("/") ? null : id;
}

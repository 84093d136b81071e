import type { Outline, PathParts } from "./operation.ts";

/** What is at a path: an operation, other methods than the one asked for, or nothing. */
type Match<Some> =
  | { readonly kind: "operation"; readonly operation: Some; readonly parts: PathParts }
  | { readonly kind: "other_methods"; readonly methods: readonly string[] }
  | { readonly kind: "nothing" };

/** Finds the operation for a request. A path that is written out goes before a pattern that fits it too. */
export function match<Some extends Pick<Outline, "method" | "path">>(
  operations: readonly Some[],
  method: string,
  path: string,
): Match<Some> {
  const fitting = operations.flatMap((operation) => {
    const parts = partsOf(path, operation.path);
    return parts === null ? [] : [{ operation, parts }];
  });
  const writtenOut = fitting.filter(({ operation }) => operation.path === path);
  const atPath = writtenOut.length > 0 ? writtenOut : fitting;
  const found = atPath.find(({ operation }) => operation.method === method);
  if (found !== undefined) return { kind: "operation", ...found };
  if (atPath.length > 0)
    return { kind: "other_methods", methods: atPath.map(({ operation }) => operation.method) };
  return { kind: "nothing" };
}

const NO_PARTS: PathParts = { id: "", index: "", name: "" };

/** What stands in a path at the parameters of a pattern that it fits; null for a path that doesn't fit. */
function partsOf(path: string, pattern: string): PathParts | null {
  const segments = path.split("/");
  const wanted = pattern.split("/");
  if (segments.length !== wanted.length) return null;
  const parts: Record<string, string> = {};
  for (const [position, want] of wanted.entries()) {
    const segment = segments[position] ?? "";
    const name = /^\{(\w+)\}$/.exec(want)?.[1];
    if (name === undefined ? segment !== want : segment === "") return null;
    if (name !== undefined) parts[name] = segment;
  }
  return { ...NO_PARTS, ...parts };
}

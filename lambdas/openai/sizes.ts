import type { SizeRule } from "../providers/port.ts";
import { dimensionsOf, sizeFault } from "../providers/sizes.ts";

/** The sizes of OpenAI's own models, which most tutorials and tools send. Its documentation has no others by name. */
export const OPENAI_SIZES = [
  "1024x1024",
  "1536x1024",
  "1024x1536",
  "1792x1024",
  "1024x1792",
  "512x512",
  "256x256",
] as const;

const OPENAIS: ReadonlySet<string> = new Set(OPENAI_SIZES);

/**
 * The size that a model paints for one that was asked for here: undefined for its default, one of OpenAI's own that the
 * model has not as the model's size nearest in shape, any other as it is.
 */
export function paintedSize(asked: string, rule: SizeRule): string | undefined {
  if (asked === "auto") return undefined;
  const size = asked.replace("x", "*");
  if (!OPENAIS.has(asked.replace("*", "x")) || sizeFault(size, rule) === null) return size;
  const sizes = rule.rule === "list" ? rule.values : [rule.default, ...rule.suggested];
  const [nearest = size] = [...sizes].sort((one, other) => apart(one, size) - apart(other, size));
  return nearest;
}

/** How far two sizes are apart in shape: a shape twice as wide is as far as one half as wide. */
function apart(one: string, other: string): number {
  return Math.abs(shapeOf(one) - shapeOf(other));
}

function shapeOf(size: string): number {
  const { width, height } = dimensionsOf(size) ?? { width: 1, height: 1 };
  return Math.log(width / height);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** A text inside an element, or inside an attribute in double quotes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/** A text of the document, where what stands between backticks is code. */
export function prose(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}

/** Code in lines. It scrolls by itself, and so it can be reached with the keyboard. */
export function block(code: string, label: string): string {
  return `<pre tabindex="0" role="region" aria-label="${escaped(label)}"><code>${escaped(code)}</code></pre>`;
}

/** A value as JSON in lines. */
export function json(value: unknown, label: string): string {
  return block(JSON.stringify(value, null, 2), label);
}

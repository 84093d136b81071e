import type { ApiOperation, Parameter } from "./document.ts";
import { escaped } from "./html.ts";

/**
 * A form that sends the operation. Nothing but the body is filled in: an Idempotency-Key that stands there by itself
 * would make the second request a fault. None for answers that a page cannot show, such as redirects to a picture.
 */
export function tryIt(operation: ApiOperation): string {
  const { operationId, method, path, parameters = [], requestBody, responses } = operation;
  const shown = Object.entries(responses).some(
    ([status, { content = {} }]) => status === "204" || (status < "300" && "application/json" in content),
  );
  if (!shown) return "";
  const body = requestBody?.content?.["application/json"]?.examples;
  const [example] = Object.values(body ?? {});
  const inputs = parameters.map((parameter) => input(parameter, operationId));
  const area =
    example === undefined
      ? ""
      : `<p><label for="${operationId}-body">Body</label><textarea id="${operationId}-body" data-in="body" rows="6" spellcheck="false">${escaped(JSON.stringify(example.value, null, 2))}</textarea></p>`;
  return `<form class="try" data-method="${method}" data-path="${escaped(path)}" data-open="${operation.security !== undefined}" aria-label="Try ${escaped(operation.summary)}">
<h4>Try it</h4>
${inputs.join("")}${area}
<button type="submit" class="main">Send</button> <span class="hint"></span>
<div class="result" aria-live="polite"></div>
</form>`;
}

function input({ name, in: place, required, schema: { example } }: Parameter, operationId: string): string {
  const id = `${operationId}-${place}-${name.toLowerCase()}`;
  const placeholder = example === undefined ? "" : ` placeholder="${escaped(String(example))}"`;
  return `<p><label for="${id}">${escaped(name)}</label><input id="${id}" name="${escaped(name)}" data-in="${place}"${placeholder}${required ? " required" : ""} autocomplete="off" spellcheck="false"></p>`;
}

import { element } from "../dom.ts";
import { keptKey } from "../key.ts";

/** Sends what a form says, and shows the answer below it. Paths are relative to the page: they work wherever it is. */
export async function send(form: HTMLFormElement): Promise<void> {
  const result = form.querySelector(".result");
  const hint = form.querySelector(".hint");
  const submit = form.querySelector("button");
  if (result === null || hint === null || submit === null) return;
  const isOpen = form.dataset["open"] === "true";
  hint.textContent = isOpen || keptKey() !== "" ? "" : "Paste your key above first.";
  if (hint.textContent !== "") return;
  submit.disabled = true;
  result.replaceChildren(element("p", { class: "status" }, "Waiting for the answer …"));
  try {
    result.replaceChildren(...(await shown(await fetch(...requestOf(form, isOpen)))));
  } catch {
    result.replaceChildren(element("p", { class: "status" }, "No answer came: is the service reachable?"));
  } finally {
    submit.disabled = false;
  }
}

function requestOf(form: HTMLFormElement, isOpen: boolean): [URL, RequestInit] {
  const headers = new Headers(isOpen ? {} : { Authorization: `Bearer ${keptKey()}` });
  const query = new URLSearchParams();
  let path = (form.dataset["path"] ?? "").slice(1);
  let body: string | null = null;
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("[data-in]")) {
    const value = field.value.trim();
    if (field.dataset["in"] === "path") path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    else if (field.dataset["in"] === "body") body = field.value;
    else if (value === "") continue;
    else if (field.dataset["in"] === "query") query.set(field.name, value);
    else headers.set(field.name, value);
  }
  if (body !== null) headers.set("Content-Type", "application/json");
  const url = new URL(path, location.href);
  url.search = query.toString();
  return [url, { method: form.dataset["method"] ?? "GET", headers, body, cache: "no-store" }];
}

async function shown(answer: Response): Promise<HTMLElement[]> {
  const text = await answer.text();
  const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  return [
    element("p", { class: "status" }, `${answer.status} ${answer.statusText}`.trim()),
    lined(lines, "Headers of the answer"),
    ...(text === "" ? [] : [lined(pretty(text), "Body of the answer")]),
  ];
}

function lined(text: string, label: string): HTMLElement {
  return element(
    "pre",
    { attributes: { tabindex: "0", role: "region", "aria-label": label } },
    element("code", {}, text),
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

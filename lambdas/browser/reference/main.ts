import { byId } from "../dom.ts";
import { keepKey, keptKey } from "../key.ts";
import { startTabs } from "./tabs.ts";
import { send } from "./try-it.ts";

const key = byId("key", HTMLInputElement);
key.value = keptKey();
key.addEventListener("input", () => keepKey(key.value.trim()));
byId("key-form", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());

startTabs();

for (const form of document.querySelectorAll<HTMLFormElement>("form.try"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });

/** A link to something folded away unfolds it. */
function unfold(): void {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();

// On a narrow screen the contents would stand before everything.
if (matchMedia("(max-width: 56rem)").matches)
  document.querySelector(".contents details")?.removeAttribute("open");

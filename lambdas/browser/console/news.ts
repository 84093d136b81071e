import { byId } from "../dom.ts";

/** Says something to people who do not see the page. Only what changed: never a countdown. */
export function announce(words: string): void {
  byId("news", HTMLElement).textContent = words;
}

/** Shows in the tab's title how much is in work. */
export function showInTitle(open: number): void {
  document.title = `${open === 0 ? "" : `(${open}) `}Console · Image service`;
}

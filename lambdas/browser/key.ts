const NAME = "image-service-key";

/** The key that the person pasted into this tab, for both pages; "" when there is none. It leaves with the tab. */
export function keptKey(): string {
  return sessionStorage.getItem(NAME) ?? "";
}

/** Keeps a key in this tab; "" forgets it. */
export function keepKey(key: string): void {
  if (key === "") sessionStorage.removeItem(NAME);
  else sessionStorage.setItem(NAME, key);
}

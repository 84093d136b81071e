import { wordsOf } from "./api.ts";

/** A form that is sent once at a time: its button rests meanwhile, and what goes wrong stands beside it. */
export function whenSubmitted(
  form: HTMLFormElement,
  { button, fault }: { readonly button: HTMLButtonElement; readonly fault: HTMLElement },
  send: () => Promise<void>,
): void {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    fault.textContent = "";
    try {
      await send();
    } catch (error) {
      fault.textContent = wordsOf(error);
    } finally {
      button.disabled = false;
    }
  });
}

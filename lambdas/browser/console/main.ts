import { byId } from "../dom.ts";
import { keepKey, keptKey } from "../key.ts";
import { Refusal, whenUnauthorized, wordsOf } from "./api.ts";
import { startBatchForm } from "./batch-form.ts";
import { Batches } from "./batches.ts";
import { defaultModel, fillComposer, startComposer, whenPainted } from "./composer.ts";
import { Gallery } from "./gallery.ts";
import { showSpend } from "./spend.ts";

const welcome = byId("welcome", HTMLElement);
const studio = byId("studio", HTMLElement);
const leave = byId("leave", HTMLButtonElement);
const key = byId("key", HTMLInputElement);
const fault = byId("key-fault", HTMLElement);

const gallery = new Gallery({ again: fillComposer, ended: () => void showSpend() });
const batches = new Batches(() => {
  gallery.lookForNew().catch(() => {});
  void showSpend();
});

function showWelcome(words: string): void {
  keepKey("");
  gallery.clear();
  batches.stop();
  for (const id of ["detail", "batch-dialog"]) byId(id, HTMLDialogElement).close();
  studio.hidden = true;
  leave.hidden = true;
  welcome.hidden = false;
  fault.textContent = words;
  key.value = "";
  key.focus();
}

/** Opens the studio with the key of this tab; the list of models tells whether it is one. */
async function open(): Promise<void> {
  try {
    await startComposer();
  } catch (error) {
    showWelcome(
      error instanceof Refusal && error.status === 401
        ? "This key is not valid, or was revoked."
        : wordsOf(error),
    );
    return;
  }
  fault.textContent = "";
  welcome.hidden = true;
  studio.hidden = false;
  leave.hidden = false;
  await Promise.all([gallery.start(), showSpend(), batches.start()]);
}

whenUnauthorized(() => {
  if (keptKey() !== "") showWelcome("The key is not valid any more. Paste another.");
});
whenPainted((generation) => gallery.add(generation, "front"));
startBatchForm(defaultModel, (batch) => batches.add(batch));
byId("key-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(key.value.trim());
  key.value = "";
  void open();
});
leave.addEventListener("click", () => showWelcome(""));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && !studio.hidden) gallery.lookForNew().catch(() => {});
});

if (keptKey() === "") showWelcome("");
else void open();

import { byId } from "../dom.ts";
import { ask, Refusal, read, Unsent } from "./api.ts";
import { announce } from "./news.ts";
import { whenSubmitted } from "./submission.ts";
import type { Batch, Model } from "./types.ts";
import { counted, moneyOf, picturesIn, priceAmount } from "./words.ts";

interface ManifestPlace {
  readonly bucket: string;
  readonly key: string;
  readonly url: string;
}

const dialog = byId("batch-dialog", HTMLDialogElement);
const file = byId("batch-file", HTMLInputElement);
const text = byId("batch-text", HTMLTextAreaElement);
const tally = byId("batch-tally", HTMLElement);
const fault = byId("batch-fault", HTMLElement);

/** Lets a person hand in a file of many prompts, or paste one, and tells of the batch that it became. */
export function startBatchForm(
  defaultModel: () => Model | undefined,
  accepted: (batch: Batch) => void,
): void {
  byId("new-batch", HTMLButtonElement).addEventListener("click", () => {
    fault.textContent = "";
    dialog.showModal();
    text.focus();
  });
  byId("close-batch", HTMLButtonElement).addEventListener("click", () => dialog.close());
  file.addEventListener("change", () => {
    text.value = "";
    void showTally(defaultModel());
  });
  text.addEventListener("input", () => {
    file.value = "";
    void showTally(defaultModel());
  });
  const form = byId("batch-form", HTMLFormElement);
  whenSubmitted(form, { button: byId("hand-in", HTMLButtonElement), fault }, async () => {
    accepted(await create(content()));
    file.value = "";
    text.value = "";
    tally.textContent = "";
    dialog.close();
  });
}

/** What was pasted or chosen last. */
function content(): Blob {
  return file.files?.[0] ?? new Blob([text.value]);
}

async function showTally(model: Model | undefined): Promise<void> {
  const pictures = picturesIn(await content().text());
  const each = model === undefined ? null : priceAmount(model, model.size.default);
  const price =
    each === null || model === undefined
      ? ""
      : `, ${moneyOf(String(each * pictures), model.pricing.currency)} by ${model.id}`;
  tally.textContent = pictures === 0 ? "" : `${counted(pictures, "picture")}${price}`;
}

/**
 * Hands a file in. Its content is the intent, as it is for `npm run generate -- --batch`: the same again, here or there,
 * is the same batch, and is paid once.
 */
async function create(manifest: Blob): Promise<Batch> {
  if ((await manifest.text()).trim() === "") throw new Unsent("Choose a file, or paste its lines.");
  const { bucket, key, url } = await read<ManifestPlace>("batches/manifests", {
    method: "POST",
    body: { bytes: manifest.size },
  });
  await upload(url, manifest);
  const headers = { "Idempotency-Key": `batch-file-${await sha256(manifest)}` };
  try {
    const answer = await ask("batches", { method: "POST", headers, body: { manifest: { bucket, key } } });
    announce("Accepted. It appears first among your batches.");
    return await answer.json();
  } catch (error) {
    const isKnown = error instanceof Refusal && error.code === "idempotency_key_reused";
    const id = isKnown ? /bat_\w+/.exec(error.message)?.[0] : undefined;
    if (id === undefined) throw error;
    announce("This file was handed in before: its batch is shown, and nothing is paid twice.");
    return read<Batch>(`batches/${id}`);
  }
}

async function upload(url: string, manifest: Blob): Promise<void> {
  // The address is signed for bytes alone: a type would be a header too many.
  const answer = await fetch(url, { method: "PUT", body: new Blob([manifest]) }).catch(() => null);
  if (answer?.ok !== true)
    throw new Unsent(
      "The bucket did not take the file: nothing was painted. Where this page has a domain of its own, it has to be one of the service’s corsOrigins.",
    );
}

async function sha256(blob: Blob): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

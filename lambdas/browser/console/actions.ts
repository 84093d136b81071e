import { button, element } from "../dom.ts";
import { ask, Refusal, read } from "./api.ts";
import type { Generation } from "./types.ts";

const FILE_ENDS: Readonly<Record<string, string>> = { "image/jpeg": "jpg", "image/webp": "webp" };

/**
 * Saves a picture as a file. Where the bucket lets no page read it, it opens in a tab of its own. The address is asked
 * for anew, as one that was shown long ago may be dead.
 */
export async function download(id: string): Promise<void> {
  const { image } = await read<Generation>(`generations/${id}`);
  if (image === null) return;
  const link = element("a", { attributes: { download: `${id}.${FILE_ENDS[image.content_type] ?? "png"}` } });
  try {
    const answer = await fetch(image.url);
    if (!answer.ok) throw new TypeError("no picture");
    link.href = URL.createObjectURL(await answer.blob());
    link.click();
    URL.revokeObjectURL(link.href);
  } catch {
    Object.assign(link, { href: image.url, target: "_blank", rel: "noopener" }).click();
  }
}

/** Cancels a queued generation. What has ended meanwhile stays as it is. */
export function cancel(id: string): Promise<Generation> {
  return read(`generations/${id}/cancel`, { method: "POST" });
}

/** Deletes a picture, after the person has said yes. Answers whether it is gone. */
export async function remove(id: string): Promise<boolean> {
  if (!(await confirmed("Delete this picture? It cannot be brought back, and stays paid.", "Delete")))
    return false;
  try {
    await ask(`generations/${id}`, { method: "DELETE" });
  } catch (error) {
    if (!(error instanceof Refusal && error.status === 404)) throw error;
  }
  return true;
}

/** Asks a question that closes with Escape, and resolves to whether the answer was yes. */
export function confirmed(question: string, yes: string): Promise<boolean> {
  const dialog = element(
    "dialog",
    { class: "question", attributes: { "aria-label": question } },
    element("p", {}, question),
    element(
      "div",
      { class: "row" },
      button("Keep", () => dialog.close("no")),
      button(yes, () => dialog.close("yes"), { class: "danger" }),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

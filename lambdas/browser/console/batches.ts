import { button, byId, element } from "../dom.ts";
import { confirmed } from "./actions.ts";
import { ask, read, wordsOf } from "./api.ts";
import { announce } from "./news.ts";
import type { Batch, List } from "./types.ts";
import { batchWords, moneyOf } from "./words.ts";

const PAGE = 5;
/** The first look at a batch that was just handed in. */
const FIRST_LOOK_MS = 2000;
/** How often a batch in work is looked at; a key may ask 60 times a minute, and pictures need some of that. */
const LOOK_MS = 10_000;

/** The person's batches, newest first, each with how far it is. */
export class Batches {
  private readonly section = byId("batches", HTMLElement);
  private readonly list = byId("batch-list", HTMLElement);
  private readonly more = byId("more-batches", HTMLButtonElement);
  private readonly items = new Map<string, HTMLElement>();
  private cursor: string | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly moved: () => void;

  /** `moved` hears that pictures of a batch have begun or ended. */
  constructor(moved: () => void) {
    this.moved = moved;
    this.more.addEventListener("click", () => void this.load(this.cursor).catch(() => {}));
  }

  async start(): Promise<void> {
    this.stop();
    try {
      await this.load(null);
    } catch {
      // A service that has no such list has no such section.
      return;
    }
    this.timer = setInterval(() => void this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.items.clear();
    this.list.replaceChildren();
    this.section.hidden = true;
  }

  /** Shows a batch that was just handed in, or was before. */
  add(batch: Batch): void {
    this.show(batch);
    const item = this.items.get(batch.id);
    if (item === undefined) return;
    this.list.prepend(item);
    setTimeout(() => void this.look(), FIRST_LOOK_MS);
  }

  private async load(after: string | null): Promise<void> {
    const cursor = after === null ? "" : `&after=${encodeURIComponent(after)}`;
    const page = await read<List<Batch>>(`batches?limit=${PAGE}${cursor}`);
    for (const batch of page.data) this.show(batch);
    this.cursor = page.next_cursor;
    this.more.hidden = !page.has_more;
    this.section.hidden = false;
    byId("no-batches", HTMLElement).hidden = this.items.size > 0;
  }

  /** Looks again at those in work. */
  private async look(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    for (const [id, item] of this.items)
      if (item.dataset["status"] === "processing")
        await read<Batch>(`batches/${id}`).then(
          (batch) => this.show(batch),
          () => {},
        );
  }

  private show(batch: Batch): void {
    const known = this.items.get(batch.id);
    if (known?.dataset["status"] === "processing" && batch.status !== "processing")
      announce(`A batch has ended: ${batchWords(batch.counts)}.`);
    const item = known ?? element("li");
    const state = `${batch.status} ${batchWords(batch.counts)}`;
    if (known !== undefined && item.dataset["state"] !== state) this.moved();
    item.dataset["state"] = state;
    item.dataset["status"] = batch.status;
    item.replaceChildren(...this.parts(batch));
    if (known === undefined) this.list.append(item);
    this.items.set(batch.id, item);
    byId("no-batches", HTMLElement).hidden = true;
  }

  private parts(batch: Batch): Node[] {
    const { id, counts, usage, status, error, results, created_at } = batch;
    const { total = 0, queued = 0, running = 0 } = counts;
    const bar = element("progress", { attributes: { "aria-label": `Progress of ${id}` } });
    // A manifest that has not been read yet: nobody knows how many there are.
    if (total > 0 || status !== "processing")
      Object.assign(bar, { max: Math.max(1, total), value: total - queued - running });
    const cost = usage.cost === null ? "" : ` · ${moneyOf(usage.cost, usage.currency)}`;
    const link = results
      ? element("a", { attributes: { href: results.url, target: "_blank", rel: "noopener" } }, "Results")
      : null;
    return [
      element(
        "p",
        { class: "name" },
        element("strong", {}, new Date(created_at).toLocaleString()),
        ` ${status} `,
        element("code", { class: "quiet" }, id),
      ),
      bar,
      element(
        "div",
        { class: "row between" },
        element("p", { class: "facts" }, `${error?.message ?? batchWords(counts)}${cost}`),
        link,
        status === "processing" ? button("Cancel", () => void this.cancel(id), { class: "small" }) : null,
      ),
    ];
  }

  private async cancel(id: string): Promise<void> {
    if (!(await confirmed("Cancel what is still queued of this batch?", "Cancel the batch"))) return;
    try {
      this.show(await (await ask(`batches/${id}/cancel`, { method: "POST" })).json());
    } catch (error) {
      byId("gallery-fault", HTMLElement).textContent = wordsOf(error);
    }
  }
}

import { byId } from "../dom.ts";
import { cancel, download, remove } from "./actions.ts";
import { read, wordsOf } from "./api.ts";
import { Card, type CardDeeds } from "./card.ts";
import { showDetail, updateDetail } from "./detail.ts";
import { follow, isOpen } from "./follow.ts";
import { announce, showInTitle } from "./news.ts";
import type { Generation, List } from "./types.ts";
import { endOf } from "./words.ts";

const PAGE = 24;

/** The person's pictures, newest first, and those in work before them; it goes on as far as one scrolls. */
export class Gallery {
  private readonly cards = new Map<string, Card>();
  private readonly list = byId("gallery", HTMLElement);
  private readonly older = byId("older", HTMLButtonElement);
  private readonly fault = byId("gallery-fault", HTMLElement);
  private readonly deeds: CardDeeds;
  private readonly ended: () => void;
  private stop = new AbortController();
  private cursor: string | null = null;
  private loading = false;

  constructor({ again, ended }: { again: CardDeeds["again"]; ended: () => void }) {
    this.ended = ended;
    this.deeds = {
      again,
      open: (generation) => showDetail(generation, this.deeds),
      download: (generation) => this.attempt(() => download(generation.id)),
      remove: (generation) => this.attempt(() => this.remove(generation.id)),
      cancel: (generation) => this.attempt(async () => this.take(await cancel(generation.id))),
      refresh: (generation) =>
        this.attempt(async () =>
          this.cards.get(generation.id)?.renew(await read(`generations/${generation.id}`)),
        ),
    };
    this.older.addEventListener("click", () => void this.load());
    // Endless, for whoever scrolls; the button stays for the keyboard.
    new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) void this.load();
      },
      { rootMargin: "600px" },
    ).observe(this.older);
    setInterval(() => {
      for (const card of this.cards.values()) if (isOpen(card.generation)) card.tick(Date.now());
    }, 1000);
  }

  /** Begins anew: another key may have other pictures. */
  async start(): Promise<void> {
    this.clear();
    await this.load();
  }

  clear(): void {
    this.stop.abort();
    this.stop = new AbortController();
    this.cards.clear();
    this.list.replaceChildren();
    this.cursor = null;
    this.older.hidden = true;
    this.settle();
  }

  /** Puts the newest in front that came by other ways meanwhile. */
  async lookForNew(): Promise<void> {
    const page = await read<List<Generation>>(`generations?limit=${PAGE}`);
    for (const generation of page.data.toReversed()) this.add(generation, "front");
  }

  /** Shows a generation that was just asked for, and follows it to its end. */
  add(generation: Generation, place: "front" | "back"): void {
    if (generation.input === null || this.cards.has(generation.id)) return;
    const card = new Card(generation, this.deeds);
    this.cards.set(generation.id, card);
    if (place === "front") this.list.prepend(card.element);
    else this.list.append(card.element);
    if (isOpen(generation)) void follow(generation.id, (changed) => this.take(changed), this.stop.signal);
    this.settle();
  }

  private async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    const { signal } = this.stop;
    try {
      const after = this.cursor === null ? "" : `&after=${encodeURIComponent(this.cursor)}`;
      const page = await read<List<Generation>>(`generations?limit=${PAGE}${after}`, { signal });
      this.cursor = page.next_cursor;
      for (const generation of page.data) this.add(generation, "back");
      this.older.hidden = !page.has_more;
      this.fault.textContent = "";
    } catch (error) {
      if (!signal.aborted) this.fault.textContent = wordsOf(error);
    } finally {
      this.loading = false;
    }
    this.settle();
  }

  private take(generation: Generation): void {
    const card = this.cards.get(generation.id);
    if (card === undefined) return;
    const before = card.generation;
    card.update(generation);
    updateDetail(generation, this.deeds);
    const prompt = generation.input?.prompt.slice(0, 80) ?? "";
    if (before.status === "queued" && generation.status === "running") announce(`Painting: ${prompt}`);
    if (isOpen(before) && !isOpen(generation)) {
      announce(generation.image === null ? `No picture. ${endOf(generation)}` : `Finished: ${prompt}`);
      this.ended();
    }
    this.settle();
  }

  private async remove(id: string): Promise<void> {
    if (!(await remove(id))) return;
    this.cards.get(id)?.element.remove();
    this.cards.delete(id);
    announce("Deleted.");
    byId("gallery-title", HTMLElement).focus();
    this.settle();
  }

  private attempt(deed: () => Promise<unknown>): void {
    this.fault.textContent = "";
    deed().catch((error: unknown) => (this.fault.textContent = wordsOf(error)));
  }

  private settle(): void {
    byId("empty", HTMLElement).hidden = this.cards.size > 0 || this.loading || this.fault.textContent !== "";
    showInTitle([...this.cards.values()].filter(({ generation }) => isOpen(generation)).length);
  }
}

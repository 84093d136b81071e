import { button, element } from "../dom.ts";
import { isOpen } from "./follow.ts";
import { iconButton } from "./icons.ts";
import type { Generation } from "./types.ts";
import { endOf, moneyOf, progressOf, sidesOf } from "./words.ts";

/** What can be done with a card's generation. */
export interface CardDeeds {
  open(generation: Generation): void;
  again(generation: Generation): void;
  download(generation: Generation): void;
  remove(generation: Generation): void;
  cancel(generation: Generation): void;
  /** The address of its picture is dead. */
  refresh(generation: Generation): void;
}

/** A generation in the gallery: what it waits for, its picture, or why there is none. */
export class Card {
  readonly element = element("li", { class: "card" });
  generation: Generation;
  private readonly deeds: CardDeeds;
  private timing: HTMLElement | null = null;
  private shown = "";

  constructor(generation: Generation, deeds: CardDeeds) {
    this.generation = generation;
    this.deeds = deeds;
    this.update(generation);
  }

  /** Shows it as it is now. A picture that is there already stays, whatever its new address. */
  update(generation: Generation): void {
    this.generation = generation;
    const { status, waiting, image, input } = generation;
    const state = [status, waiting?.reason, waiting?.detail, image === null].join("\n");
    if (state !== this.shown) {
      this.shown = state;
      const [width, height] = image === null ? sidesOf(input?.size ?? "") : [image.width, image.height];
      this.element.style.setProperty("--ratio", String(Math.min(3, Math.max(0.5, width / height))));
      this.element.dataset["id"] = generation.id;
      this.element.replaceChildren(this.frame(), this.caption());
    }
    this.tick(Date.now());
  }

  /** Brings the words about time up to date. */
  tick(now: number): void {
    if (this.timing !== null) this.timing.textContent = progressOf(this.generation, now).timing;
  }

  /** Gives the picture its new address. */
  renew(generation: Generation): void {
    this.generation = generation;
    const picture = this.element.querySelector("img");
    if (picture !== null && generation.image !== null) picture.src = generation.image.url;
  }

  private frame(): HTMLElement {
    this.timing = null;
    if (this.generation.image !== null) return this.picture(this.generation.image.url);
    return isOpen(this.generation) ? this.progress() : this.end();
  }

  private picture(url: string): HTMLElement {
    const { input } = this.generation;
    const attributes = { alt: input?.prompt ?? "", loading: "lazy", decoding: "async", src: url };
    const picture = element("img", { attributes });
    picture.addEventListener("error", () => this.deeds.refresh(this.generation), { once: true });
    const open = element("button", { class: "frame", attributes: { type: "button" } }, picture);
    open.addEventListener("click", () => this.deeds.open(this.generation));
    return open;
  }

  private progress(): HTMLElement {
    const { title } = progressOf(this.generation, Date.now());
    this.timing = element("span", { class: "timing" });
    const { waiting } = this.generation;
    const open = element(
      "button",
      { class: "frame working", attributes: { type: "button" } },
      element("strong", {}, title),
      this.timing,
      element("span", { class: "why" }, waiting?.detail ?? ""),
    );
    open.addEventListener("click", () => this.deeds.open(this.generation));
    return open;
  }

  private end(): HTMLElement {
    const { status, error } = this.generation;
    const title = { canceled: "Canceled", expired: "Expired" }[String(status)] ?? "No picture";
    const open = element(
      "button",
      { class: "frame ended", attributes: { type: "button" } },
      element("strong", {}, title),
      element("span", { class: "why" }, endOf(this.generation)),
      error === null ? null : element("code", {}, error.code),
    );
    open.addEventListener("click", () => this.deeds.open(this.generation));
    return open;
  }

  private caption(): HTMLElement {
    const { input, usage, status } = this.generation;
    const cost = usage.cost === null ? "cost not known" : moneyOf(usage.cost, usage.currency);
    const facts = isOpen(this.generation)
      ? `seed ${input?.seed ?? ""}`
      : `${cost} · seed ${input?.seed ?? ""}`;
    return element(
      "div",
      { class: "caption" },
      element("p", { class: "prompt" }, input?.prompt ?? ""),
      element("p", { class: "facts" }, facts),
      status === "queued"
        ? button("Cancel", () => this.deeds.cancel(this.generation), { class: "small" })
        : this.buttons(),
    );
  }

  private buttons(): HTMLElement | null {
    const { generation, deeds } = this;
    if (isOpen(generation)) return null;
    return element(
      "div",
      { class: "deeds" },
      iconButton("again", "Again with this seed", () => deeds.again(this.generation)),
      generation.image === null
        ? null
        : iconButton("download", "Download", () => deeds.download(this.generation)),
      iconButton("remove", "Delete", () => deeds.remove(this.generation)),
    );
  }
}

import { byId, element } from "../dom.ts";
import { ask, pause, Refusal, read } from "./api.ts";
import { announce } from "./news.ts";
import { whenSubmitted } from "./submission.ts";
import type { Generation, List, Model } from "./types.ts";
import { priceOf, sidesOf, sizeWords } from "./words.ts";

const prompt = byId("prompt", HTMLTextAreaElement);
const negative = byId("negative", HTMLTextAreaElement);
const seed = byId("seed", HTMLInputElement);
const model = byId("model", HTMLSelectElement);
const extend = byId("extend", HTMLInputElement);
const sizes = byId("sizes", HTMLFieldSetElement);

let models: readonly Model[] = [];

/** Fills the form with what the service offers. */
export async function startComposer(): Promise<void> {
  models = (await read<List<Model>>("models")).data;
  model.replaceChildren(...models.map(({ id }) => element("option", { attributes: { value: id } }, id)));
  offerSizes();
}

/** The model that paints where none is named. */
export function defaultModel(): Model | undefined {
  return models[0];
}

/** Sends what the form says whenever it is submitted, and tells of what was accepted. */
export function whenPainted(accepted: (generation: Generation) => void): void {
  model.addEventListener("change", offerSizes);
  sizes.addEventListener("change", showPrice);
  prompt.addEventListener("input", showLength);
  byId("any-seed", HTMLButtonElement).addEventListener("click", () => (seed.value = ""));
  const [form, button] = [byId("composer", HTMLFormElement), byId("paint", HTMLButtonElement)];
  whenSubmitted(form, { button, fault: byId("composer-fault", HTMLElement) }, async () => {
    accepted(await create(wish()));
    announce("Accepted. It appears first among your pictures.");
  });
}

/** Puts a former picture's wishes into the form, its seed too, to be changed and sent again. */
export function fillComposer({ input, model: id }: Generation): void {
  if (input === null) return;
  prompt.value = input.prompt;
  negative.value = input.negative_prompt ?? "";
  seed.value = String(input.seed);
  extend.checked = input.prompt_extend !== false;
  if (models.some((each) => each.id === id)) model.value = id;
  offerSizes(input.size);
  prompt.focus();
  announce("The form has its prompt, size and seed.");
}

function wish() {
  const chosen = models.find(({ id }) => id === model.value);
  const knows = (field: string) => chosen?.fields[field] !== undefined;
  return {
    prompt: prompt.value,
    model: model.value,
    size: chosenSize(),
    ...(seed.value !== "" && { seed: Number(seed.value) }),
    ...(negative.value.trim() !== "" && knows("negative_prompt") && { negative_prompt: negative.value }),
    ...(knows("prompt_extend") && { prompt_extend: extend.checked }),
  };
}

const TRIES = 4;

/** What was asked for last, and nobody knows whether it was accepted: the same again is the same intent. */
let unanswered: { readonly body: string; readonly key: string } | null = null;

/** One intent: a request that got no answer is sent again under the same key, and is accepted once. */
async function create(wanted: unknown): Promise<Generation> {
  const body = JSON.stringify(wanted);
  const { key } = unanswered?.body === body ? unanswered : { key: crypto.randomUUID() };
  unanswered = { body, key };
  const headers = { "Idempotency-Key": key, Prefer: "respond-async" };
  for (let tries = 1; ; tries++) {
    try {
      const answer = await ask("generations", { method: "POST", headers, body: wanted });
      const generation: Generation = await answer.json();
      unanswered = null;
      return generation;
    } catch (error) {
      if (error instanceof Refusal && isTold(error)) unanswered = null;
      if (error instanceof Refusal || tries === TRIES) throw error;
      await pause(tries * 1000);
    }
  }
}

/** Whether it is known what became of the request: refused, or ended, which the same key would only say again. */
function isTold({ status, generation }: Refusal): boolean {
  return status < 500 || generation !== "";
}

function chosenSize(): string {
  const chosen = sizes.querySelector<HTMLInputElement>("input:checked");
  return chosen?.value ?? "";
}

function offerSizes(wanted?: unknown): void {
  const chosen = models.find(({ id }) => id === model.value);
  if (chosen === undefined) return;
  const { size } = chosen;
  const offered = size.rule === "list" ? size.values : size.suggested;
  // What the model before had is wished for no more where this one has a list without it.
  const wish = [wanted, chosenSize()].find(
    (each) => typeof each === "string" && each !== "" && (size.rule === "range" || offered.includes(each)),
  );
  const checked = typeof wish === "string" ? wish : size.default;
  const values = offered.includes(checked) ? offered : [...offered, checked];
  const [legend] = sizes.children;
  sizes.replaceChildren(
    ...(legend === undefined ? [] : [legend]),
    ...values.map((value) => sizeButton(value, value === checked)),
  );
  showPrice();
  showLength();
}

function sizeButton(value: string, checked: boolean): HTMLElement {
  const [width, height] = sidesOf(value);
  const radio = element("input", { attributes: { type: "radio", name: "size", value } });
  radio.checked = checked;
  const shape = element("span", { class: "shape" });
  shape.style.setProperty("aspect-ratio", `${width} / ${height}`);
  shape.style.setProperty(width >= height ? "width" : "height", "1.4rem");
  return element("label", {}, radio, shape, element("span", {}, sizeWords(value)));
}

/** A prompt that the provider may cut is painted, and charged, all the same: said before, and not only after. */
function showLength(): void {
  const limit = models.find(({ id }) => id === model.value)?.prompt;
  const length = [...prompt.value].length;
  const isLong = limit?.unit === "characters" && length > limit.limit;
  byId("prompt-note", HTMLElement).textContent = isLong
    ? `${length} characters: the provider may cut what is beyond ${limit.limit}.`
    : "";
}

function showPrice(): void {
  const chosen = models.find(({ id }) => id === model.value);
  const price = chosen === undefined ? "" : priceOf(chosen, chosenSize());
  byId("price", HTMLElement).textContent =
    price === "" ? "" : `${price} a picture. Whatever happens to the connection, it is charged once.`;
}

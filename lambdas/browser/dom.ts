type Child = Node | string | null;

/** What an element is made with: its class, its attributes, and what happens when it is clicked. */
interface Settings {
  readonly class?: string;
  readonly on?: Readonly<Record<string, (event: Event) => void>>;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Makes an element. Texts stay texts: nothing in them is ever read as HTML. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  settings: Settings = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (settings.class !== undefined) made.className = settings.class;
  for (const [key, value] of Object.entries(settings.attributes ?? {})) made.setAttribute(key, value);
  for (const [event, listener] of Object.entries(settings.on ?? {})) made.addEventListener(event, listener);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button that does something. */
export function button(label: string, press: () => void, settings: Settings = {}): HTMLButtonElement {
  return element(
    "button",
    {
      ...settings,
      attributes: { type: "button", ...settings.attributes },
      on: { ...settings.on, click: press },
    },
    label,
  );
}

/**
 * The element of the page with this id.
 *
 * @throws Error when the page and its script do not belong together
 */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} ${id}`);
  return found;
}

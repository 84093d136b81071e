import type { Random } from "./randomness.ts";

/** Red, green, blue, each 0 to 255. */
export type Colour = readonly [number, number, number];

/** The light of one hour of the day. */
export interface Palette {
  readonly name: string;
  /** Words in a prompt that ask for this light. */
  readonly words: RegExp;
  /** From the zenith down to the horizon. */
  readonly sky: readonly [Colour, Colour, Colour];
  readonly light: Colour;
  readonly far: Colour;
  readonly near: Colour;
  readonly night: boolean;
  readonly aurora: boolean;
  readonly snow: boolean;
  readonly land: "mountains" | "dunes";
}

const hex = (text: string): Colour => [
  Number.parseInt(text.slice(1, 3), 16),
  Number.parseInt(text.slice(3, 5), 16),
  Number.parseInt(text.slice(5, 7), 16),
];

function palette(
  name: string,
  words: RegExp,
  sky: readonly [string, string, string],
  colours: { light: string; far: string; near: string },
  traits: Partial<Pick<Palette, "night" | "aurora" | "snow" | "land">> = {},
): Palette {
  return {
    name,
    words,
    sky: [hex(sky[0]), hex(sky[1]), hex(sky[2])],
    light: hex(colours.light),
    far: hex(colours.far),
    near: hex(colours.near),
    night: false,
    aurora: false,
    snow: false,
    land: "mountains",
    ...traits,
  };
}

const palettes: readonly Palette[] = [
  palette("dawn", /\b(dawn|sunrise|morning|pink)\b/i, ["#34497f", "#d9a0ac", "#ffe0c0"], {
    light: "#fff2dc",
    far: "#c3a2b6",
    near: "#2b2544",
  }),
  palette("sunset", /\b(sunset|dusk|red|orange|evening|fire)\b/i, ["#2b1d55", "#c8456f", "#ffb35f"], {
    light: "#ffe9b8",
    far: "#b0507a",
    near: "#1c1130",
  }),
  palette("golden hour", /\b(gold|golden|autumn|yellow|amber)\b/i, ["#4f74ab", "#eec58d", "#fff0cc"], {
    light: "#fffbe6",
    far: "#cfab86",
    near: "#3a2a2c",
  }),
  palette("noon", /\b(noon|blue|summer|sunny|day)\b/i, ["#2a74bd", "#84c0ea", "#e6f4f6"], {
    light: "#ffffff",
    far: "#9fc0d6",
    near: "#173f43",
  }),
  palette(
    "blue hour",
    /\b(twilight|indigo|quiet|calm)\b/i,
    ["#0d1748", "#40539a", "#d296a8"],
    { light: "#fdf4e3", far: "#6268a3", near: "#0b1128" },
    { night: true },
  ),
  palette(
    "night",
    /\b(night|moon|stars?|starry|midnight|dark)\b/i,
    ["#050a22", "#122656", "#3a5a8f"],
    { light: "#f4f1e1", far: "#2f4c7c", near: "#040914" },
    { night: true },
  ),
  palette(
    "aurora",
    /\b(aurora|northern|green|magic|magical)\b/i,
    ["#04091d", "#0a2540", "#1d5a66"],
    { light: "#eef6f0", far: "#1f4f63", near: "#030b12" },
    { night: true, aurora: true, snow: true },
  ),
  palette("mist", /\b(mist|misty|fog|foggy|rain|forest|jade)\b/i, ["#6d9c98", "#b4d1c4", "#f1f3e4"], {
    light: "#fffdf2",
    far: "#abc8ba",
    near: "#17352f",
  }),
  palette("lavender", /\b(lavender|violet|purple|dream|dreamy)\b/i, ["#3e2c74", "#b07fd6", "#ffd5e2"], {
    light: "#fff3f4",
    far: "#b493cf",
    near: "#221a45",
  }),
  palette(
    "desert",
    /\b(desert|dunes?|sand|camel|sahara)\b/i,
    ["#37699f", "#edb98a", "#ffe6bf"],
    { light: "#fff6dd", far: "#e0a273", near: "#6e2f22" },
    { land: "dunes" },
  ),
  palette(
    "winter",
    /\b(winter|snow|snowy|ice|white|cold)\b/i,
    ["#6b95c4", "#c6daed", "#fff2ea"],
    { light: "#fffaf2", far: "#b5c9de", near: "#233754" },
    { snow: true },
  ),
];

/** The light a prompt asks for by a word of its own, else one drawn by lot. */
export function choosePalette(prompt: string, random: Random): Palette {
  const lot = Math.floor(random() * palettes.length);
  const asked = palettes.filter((candidate) => candidate.words.test(prompt));
  const chosen = asked[lot % Math.max(asked.length, 1)] ?? palettes[lot];
  if (chosen === undefined) throw new Error("there are no palettes");
  return chosen;
}

/** A share of the way from one colour to another. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const part = (index: 0 | 1 | 2): number => from[index] + (to[index] - from[index]) * share;
  return [part(0), part(1), part(2)];
}

/** The colour as canvas wants it. */
export function css(colour: Colour, alpha = 1): string {
  return `rgba(${Math.round(colour[0])}, ${Math.round(colour[1])}, ${Math.round(colour[2])}, ${alpha})`;
}

import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import { type Colour, choosePalette, mix, type Palette } from "./palettes.ts";
import { type Random, randomFrom } from "./randomness.ts";

/** What a picture is made from: the same order gives the same bytes. */
export interface PictureOrder {
  readonly prompt: string;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly watermark: boolean;
}

/** What every brush needs to know. */
export interface Scene {
  readonly context: SKRSContext2D;
  readonly palette: Palette;
  readonly random: Random;
  readonly width: number;
  readonly height: number;
  /** The shorter side: sizes follow it, so that portrait and landscape look alike. */
  readonly unit: number;
  /** Where sky ends and water begins, in pixels from the top. */
  readonly horizon: number;
  readonly lamp: { readonly x: number; readonly y: number; readonly radius: number };
}

export const white: Colour = [255, 255, 255];

/** Draws by lot the light, the horizon and the place of sun or moon. */
export function composeScene(canvas: Canvas, order: PictureOrder): Scene {
  const random = randomFrom(order.prompt, order.seed);
  const palette = tinted(choosePalette(order.prompt, random), random);
  const { width, height } = order;
  const unit = Math.min(width, height);
  const horizon = Math.round(height * (0.6 + random() * 0.1));
  const side = random() < 0.5 ? 0.2 + random() * 0.22 : 0.58 + random() * 0.22;
  const lamp = {
    x: width * side,
    y: palette.night ? height * (0.13 + random() * 0.13) : horizon - height * (0.2 + random() * 0.22),
    radius: unit * (palette.night ? 0.035 + random() * 0.02 : 0.045 + random() * 0.03),
  };
  return { context: canvas.getContext("2d"), palette, random, width, height, unit, horizon, lamp };
}

/** Two pictures of one palette still differ: the whole light leans a little to a colour of its own. */
function tinted(palette: Palette, random: Random): Palette {
  const tint: Colour = [random() * 255, random() * 255, random() * 255];
  const lean = (colour: Colour): Colour => mix(colour, tint, 0.05);
  const [top, middle, low] = palette.sky;
  return {
    ...palette,
    sky: [lean(top), lean(middle), lean(low)],
    far: lean(palette.far),
    near: lean(palette.near),
  };
}

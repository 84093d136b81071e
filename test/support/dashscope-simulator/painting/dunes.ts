import { crestsOf } from "./outline.ts";
import { css, mix } from "./palettes.ts";
import { noiseLine } from "./randomness.ts";
import type { Scene } from "./scene.ts";

/** Dune behind dune, each crest with a lit and a shaded side. */
export function paintDunes(scene: Scene): void {
  const { context, palette, random, width, height, horizon, unit, lamp } = scene;
  const layers = 7;
  const ground = horizon - height * 0.02;
  const away = lamp.x > width / 2 ? -1 : 1;
  for (let layer = 0; layer < layers; layer += 1) {
    const depth = layer / (layers - 1);
    const base = ground + (height * 1.04 - ground) * depth ** 1.5;
    const tall = height * (0.06 + 0.2 * depth);
    const outline = noiseLine(random, 2, 0.22);
    const start = random() * 300;
    const stretch = (width / unit) * (3.2 - 2.1 * depth);
    // Folded noise: where it folds the wind has cut a sharp crest.
    const rise = (x: number): number =>
      base - tall * (1 - Math.abs(2 * outline(start + (x / width) * stretch) - 1)) ** 1.35;
    const points: (readonly [number, number])[] = [];
    for (let x = -20; x <= width + 20; x += 2) points.push([x, rise(x)]);
    const colour = mix(mix(palette.sky[2], palette.far, 0.45 + 0.55 * depth), palette.near, depth * 0.3);
    const sand = context.createLinearGradient(0, base - tall, 0, base + height * 0.12);
    sand.addColorStop(0, css(mix(colour, palette.light, 0.32)));
    sand.addColorStop(1, css(mix(colour, palette.near, 0.22 + 0.12 * depth)));
    context.fillStyle = sand;
    context.beginPath();
    context.moveTo(-20, height + 2);
    for (const [x, y] of points) context.lineTo(x, y);
    context.lineTo(width + 20, height + 2);
    context.closePath();
    context.fill();
    context.save();
    context.clip();
    for (const [x, y] of crestsOf(points, Math.round((unit * (0.03 + 0.06 * depth)) / 2))) {
      const drop = Math.max(base - y, tall * 0.4) * 1.1;
      const reach = drop * 2.6;
      const shade = context.createRadialGradient(x, y, 0, x, y, reach);
      shade.addColorStop(0, css(mix(palette.near, palette.far, 0.1), 0.4 + 0.3 * depth));
      shade.addColorStop(0.45, css(mix(palette.near, palette.far, 0.1), 0.22 + 0.2 * depth));
      shade.addColorStop(1, css(palette.near, 0));
      context.fillStyle = shade;
      context.beginPath();
      context.moveTo(x, y - 3);
      // The edge of the shade winds down the slope as the crest does.
      context.bezierCurveTo(
        x - away * drop * 0.5,
        y + drop * 0.35,
        x + away * drop * 0.9,
        y + drop * 0.55,
        x + away * drop * 0.7,
        y + reach,
      );
      context.lineTo(x + away * reach, y + reach);
      context.lineTo(x + away * reach, y - 3);
      context.closePath();
      context.fill();
    }
    context.restore();
  }
}

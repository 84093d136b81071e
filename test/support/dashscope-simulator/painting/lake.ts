import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { type Colour, css, mix } from "./palettes.ts";
import { noiseLine, type Random } from "./randomness.ts";
import type { Scene } from "./scene.ts";

/** The lake mirrors what is above it, the more broken the nearer. */
export function paintWater(scene: Scene, canvas: Canvas): void {
  const { context, palette, random, width, height, horizon, unit, lamp } = scene;
  const mirror = createCanvas(width, horizon);
  mirror.getContext("2d").drawImage(canvas, 0, 0, width, horizon, 0, 0, width, horizon);
  const depth = height - horizon;
  const wave = noiseLine(random, 3, 0.6);
  const squeeze = Math.min((horizon - 2) / depth, 1.25);
  const strip = 3;
  for (let y = 0; y < depth; y += strip) {
    const nearness = y / depth;
    const sway = (wave(y * 0.16) - 0.5) * unit * (0.004 + 0.03 * nearness);
    const source = Math.max(0, horizon - (y + strip) * squeeze);
    context.drawImage(mirror, 0, source, width, strip, sway, horizon + y, width, strip);
    // The shifted strip leaves a gap at one edge: fill it with its own end, stretched.
    if (sway > 0) context.drawImage(mirror, 0, source, 2, strip, 0, horizon + y, sway + 1, strip);
    else
      context.drawImage(mirror, width - 2, source, 2, strip, width + sway - 1, horizon + y, 1 - sway, strip);
  }
  const tint = context.createLinearGradient(0, horizon, 0, height);
  tint.addColorStop(0, css(mix(palette.sky[2], palette.light, 0.2), 0.2));
  tint.addColorStop(0.12, css(mix(palette.near, palette.sky[1], 0.5), 0.2));
  tint.addColorStop(1, css(mix(palette.near, palette.sky[0], 0.4), 0.72));
  context.fillStyle = tint;
  context.fillRect(0, horizon, width, depth);
  // Ripples, and the path of light under the sun or moon.
  context.save();
  context.globalCompositeOperation = "screen";
  for (let ripple = 0; ripple < 620; ripple += 1) {
    const nearness = random() ** 1.4;
    const y = horizon + nearness * depth;
    // Under an aurora there is no sun or moon to throw a path.
    const onPath = random() < 0.62 && !palette.aurora;
    const spread = unit * (0.03 + 0.16 * nearness);
    const x = onPath ? lamp.x + (random() + random() + random() - 1.5) * spread : random() * width;
    const length = unit * (0.008 + 0.05 * nearness * random());
    const strength = onPath ? 0.5 * (1 - nearness * 0.55) : 0.09;
    context.fillStyle = css(onPath ? palette.light : palette.sky[2], strength * (0.3 + 0.7 * random()));
    context.beginPath();
    context.ellipse(x, y, length, unit * (0.0005 + 0.0013 * nearness), 0, 0, Math.PI * 2);
    context.fill();
  }
  const line = context.createLinearGradient(0, horizon - unit * 0.008, 0, horizon + unit * 0.012);
  line.addColorStop(0, css(palette.light, 0));
  line.addColorStop(0.5, css(palette.light, palette.night ? 0.1 : 0.24));
  line.addColorStop(1, css(palette.light, 0));
  context.fillStyle = line;
  context.fillRect(0, horizon - unit * 0.008, width, unit * 0.02);
  context.restore();
}

/** A dark bank in one corner with tall pines and grass: it gives the picture its depth. */
export function paintShore({ context, palette, random, width, height, unit, lamp }: Scene): void {
  const left = lamp.x > width / 2;
  const x = (distance: number): number => (left ? distance : width - distance);
  const reach = width * (0.5 + random() * 0.3);
  const outline = noiseLine(random, 4, 0.5);
  const dark = mix(palette.near, [0, 0, 0], 0.35);
  const bank = (distance: number): number => {
    const fall = Math.max(0, 1 - distance / reach);
    return (
      height - height * (0.13 * fall ** 1.3 + 0.03 * outline((distance / unit) * 5) * Math.min(1, fall * 4))
    );
  };
  context.fillStyle = css(dark);
  context.beginPath();
  context.moveTo(x(-2), height + 2);
  for (let distance = -2; distance <= reach; distance += 4) context.lineTo(x(distance), bank(distance));
  context.lineTo(x(reach), height + 2);
  context.closePath();
  context.fill();
  context.strokeStyle = css(dark);
  context.lineWidth = Math.max(1, unit * 0.0014);
  context.beginPath();
  for (let blade = 0; blade < 520; blade += 1) {
    const distance = random() ** 1.2 * reach * 0.97;
    const foot = bank(distance) + unit * 0.004;
    const tall = unit * (0.008 + 0.022 * random());
    const lean = (random() - 0.4) * tall;
    context.moveTo(x(distance), foot);
    context.quadraticCurveTo(x(distance), foot - tall * 0.7, x(distance + lean), foot - tall);
  }
  context.stroke();
  const pines = 3 + Math.floor(random() * 5);
  for (let pine = 0; pine < pines; pine += 1) {
    const distance = reach * 0.42 * random();
    const tall = unit * (0.2 + 0.34 * random()) * (1 - (distance / reach) * 0.9);
    paintPine(context, random, x(distance), bank(distance) + unit * 0.01, tall, dark);
  }
}

function paintPine(
  context: SKRSContext2D,
  random: Random,
  x: number,
  foot: number,
  tall: number,
  colour: Colour,
): void {
  context.fillStyle = css(colour);
  context.beginPath();
  context.moveTo(x - tall * 0.012, foot);
  context.lineTo(x - tall * 0.003, foot - tall);
  context.lineTo(x + tall * 0.003, foot - tall);
  context.lineTo(x + tall * 0.012, foot);
  const tiers = 15 + Math.floor(random() * 6);
  for (let tier = 0; tier < tiers; tier += 1) {
    const down = tier / tiers;
    const y = foot - tall * (1 - down * 0.88);
    const reach = tall * (0.015 + 0.17 * down ** 0.9);
    const droop = tall * 0.055;
    const left = reach * (0.72 + 0.45 * random());
    const right = reach * (0.72 + 0.45 * random());
    context.moveTo(x, y - droop * 0.9);
    context.quadraticCurveTo(x + right * 0.4, y + droop * 0.3, x + right, y + droop * (0.6 + 0.5 * random()));
    context.quadraticCurveTo(x + right * 0.4, y + droop * 0.85, x, y + droop * 0.7);
    context.quadraticCurveTo(x - left * 0.4, y + droop * 0.85, x - left, y + droop * (0.6 + 0.5 * random()));
    context.quadraticCurveTo(x - left * 0.4, y + droop * 0.3, x, y - droop * 0.9);
  }
  context.fill();
}

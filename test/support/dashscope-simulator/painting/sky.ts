import { type Colour, css, mix } from "./palettes.ts";
import { noiseLine } from "./randomness.ts";
import { type Scene, white } from "./scene.ts";

/** From the zenith to the horizon. */
export function paintSky({ context, palette, width, horizon }: Scene): void {
  const sky = context.createLinearGradient(0, 0, 0, horizon);
  const [top, middle, low] = palette.sky;
  sky.addColorStop(0, css(top));
  sky.addColorStop(0.3, css(mix(top, middle, 0.5)));
  sky.addColorStop(0.62, css(middle));
  sky.addColorStop(1, css(low));
  context.fillStyle = sky;
  context.fillRect(0, 0, width, horizon + 2);
}

/** Fewer and fainter towards the horizon. */
export function paintStars({ context, random, width, horizon, unit }: Scene): void {
  for (let star = 0; star < 420; star += 1) {
    const y = horizon * random() ** 1.5;
    const bright = random() ** 3;
    context.fillStyle = css(mix(white, [190, 210, 255], random()), (0.25 + 0.7 * bright) * (1 - y / horizon));
    context.beginPath();
    context.arc(random() * width, y, unit * (0.0006 + 0.0014 * bright), 0, Math.PI * 2);
    context.fill();
  }
}

/** Three curtains of light, ray by ray. */
export function paintAurora({ context, random, width, horizon }: Scene): void {
  context.save();
  context.globalCompositeOperation = "screen";
  for (let curtain = 0; curtain < 3; curtain += 1) {
    const fold = noiseLine(random, 3, 0.5);
    const flicker = noiseLine(random, 4, 0.7);
    const base = horizon * (0.4 + 0.12 * curtain);
    const colour: Colour = mix([70, 255, 170], [150, 110, 255], random() * 0.75);
    const step = Math.max(2, Math.round(width / 420));
    for (let x = 0; x < width; x += step) {
      const foot = base + (fold((x / width) * 3.2) - 0.5) * horizon * 0.5;
      const tall = horizon * (0.3 + 0.4 * flicker((x / width) * 9));
      const strength = 0.85 * flicker((x / width) * 22 + 40) ** 1.5;
      const ray = context.createLinearGradient(0, foot - tall, 0, foot + horizon * 0.03);
      ray.addColorStop(0, css(colour, 0));
      ray.addColorStop(0.75, css(colour, strength));
      ray.addColorStop(0.93, css(mix(colour, white, 0.3), strength * 1.25));
      ray.addColorStop(1, css(colour, 0));
      context.fillStyle = ray;
      context.fillRect(x, foot - tall, step, tall + horizon * 0.03);
    }
  }
  context.restore();
}

/** The sun, or the moon. */
export function paintLamp({ context, palette, width, horizon, lamp, unit }: Scene): void {
  context.save();
  context.globalCompositeOperation = "screen";
  const reach = unit * (palette.night ? 0.42 : 0.85);
  const glow = context.createRadialGradient(lamp.x, lamp.y, lamp.radius * 0.6, lamp.x, lamp.y, reach);
  const warm = palette.night ? palette.light : mix(palette.light, palette.sky[2], 0.75);
  glow.addColorStop(0, css(palette.light, palette.night ? 0.42 : 0.7));
  glow.addColorStop(0.16, css(mix(palette.light, warm, 0.6), palette.night ? 0.16 : 0.36));
  glow.addColorStop(0.5, css(warm, palette.night ? 0.04 : 0.12));
  glow.addColorStop(1, css(warm, 0));
  context.fillStyle = glow;
  context.fillRect(0, 0, width, horizon);
  context.restore();
  const disc = context.createRadialGradient(lamp.x, lamp.y, 0, lamp.x, lamp.y, lamp.radius);
  disc.addColorStop(0, css(mix(palette.light, white, 0.6)));
  disc.addColorStop(0.93, css(palette.light));
  disc.addColorStop(1, css(palette.light, 0));
  context.fillStyle = disc;
  context.beginPath();
  context.arc(lamp.x, lamp.y, lamp.radius, 0, Math.PI * 2);
  context.fill();
  if (!palette.night) return;
  for (const [x, y, size] of [
    [-0.3, -0.22, 0.24],
    [0.22, 0.14, 0.3],
    [-0.12, 0.42, 0.17],
    [0.38, -0.36, 0.14],
  ] as const) {
    context.fillStyle = css(mix(palette.light, palette.far, 0.45), 0.32);
    context.beginPath();
    context.arc(lamp.x + x * lamp.radius, lamp.y + y * lamp.radius, size * lamp.radius, 0, Math.PI * 2);
    context.fill();
  }
}

/** Long banks of soft puffs, lit from below by the horizon. */
export function paintClouds({ context, palette, random, width, horizon, unit }: Scene): void {
  const banks = Math.floor(random() * 4) + (palette.night ? 0 : 1);
  const lit = mix(palette.sky[2], palette.light, 0.5);
  for (let bank = 0; bank < banks; bank += 1) {
    const middle = random() * width;
    const y = horizon * (0.16 + random() * 0.5);
    const length = unit * (0.35 + random() * 0.6);
    const thick = unit * (0.012 + random() * 0.02);
    for (let puff = 0; puff < 34; puff += 1) {
      const along = random() + random() - 1;
      const radius = thick * (0.8 + 2.4 * random()) * (1.15 - Math.abs(along));
      const x = middle + along * length;
      const lift = y + (random() - 0.65) * thick * 1.6 * (1 - Math.abs(along));
      const strength = (palette.night ? 0.07 : 0.17) * (1 - Math.abs(along) * 0.6);
      context.save();
      context.translate(x, lift);
      context.scale(3.4, 1);
      const soft = context.createRadialGradient(0, 0, 0, 0, 0, radius);
      soft.addColorStop(0, css(lit, strength));
      soft.addColorStop(1, css(lit, 0));
      context.fillStyle = soft;
      context.fillRect(-radius, -radius, radius * 2, radius * 2);
      context.restore();
    }
  }
}

/** A small flock on the side away from the sun. */
export function paintBirds({ context, palette, random, width, horizon, unit, lamp }: Scene): void {
  if (palette.night || random() < 0.3) return;
  const flock = 4 + Math.floor(random() * 7);
  const middle = lamp.x > width / 2 ? width * 0.3 : width * 0.68;
  const high = horizon * (0.24 + 0.2 * random());
  context.strokeStyle = css(mix(palette.near, palette.far, 0.2), 0.85);
  context.lineWidth = Math.max(1, unit * 0.0021);
  context.lineCap = "round";
  context.beginPath();
  for (let bird = 0; bird < flock; bird += 1) {
    const x = middle + (random() - 0.5) * unit * 0.36;
    const y = high + (random() - 0.5) * unit * 0.12;
    const wing = unit * (0.007 + 0.009 * random());
    const beat = wing * (0.25 + 0.4 * random());
    context.moveTo(x - wing, y - beat);
    context.quadraticCurveTo(x - wing * 0.4, y - beat * 1.1, x, y);
    context.quadraticCurveTo(x + wing * 0.4, y - beat * 1.1, x + wing, y - beat);
  }
  context.stroke();
}

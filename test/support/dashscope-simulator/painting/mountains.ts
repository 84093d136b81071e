import { crestsOf } from "./outline.ts";
import { type Colour, css, mix } from "./palettes.ts";
import { noiseLine } from "./randomness.ts";
import { type Scene, white } from "./scene.ts";

/** Ridge behind ridge: far ones pale and steep, near ones dark and wooded, mist between. */
export function paintRidges(scene: Scene): void {
  const { context, palette, random, width, height, horizon, unit, lamp } = scene;
  const layers = 5 + Math.floor(random() * 2);
  const haze = mix(palette.sky[2], palette.light, 0.12);
  const step = Math.max(1, Math.round(width / 830));
  for (let layer = 0; layer < layers; layer += 1) {
    const depth = layer / (layers - 1);
    const outline = noiseLine(random, depth < 0.5 ? 7 : 6, depth < 0.5 ? 0.47 : 0.44);
    const start = random() * 300;
    const stretch = (width / unit) * (1.5 + depth * 1.5);
    const tall = height * (0.33 - 0.27 * depth) * (0.8 + 0.4 * random());
    const foot = horizon - height * 0.035 * (1 - depth);
    const rise = (x: number): number => {
      const value = outline(start + (x / width) * stretch);
      // Folding the noise makes crests out of its middle: far layers are peaks, near ones hills.
      const peak = (1 - Math.abs(2 * value - 1)) ** 1.7;
      return foot - tall * (peak * (1 - depth) + value * depth * 1.1);
    };
    const points: (readonly [number, number])[] = [];
    for (let x = 0; x <= width + step; x += step) points.push([x, rise(x)]);
    const crest = points.reduce((highest, [, y]) => Math.min(highest, y), horizon);
    const body = mix(palette.far, palette.near, depth ** 1.25 * 0.92);
    const fill = context.createLinearGradient(0, crest, 0, horizon);
    fill.addColorStop(0, css(mix(body, palette.near, 0.1)));
    fill.addColorStop(0.35, css(body));
    fill.addColorStop(1, css(mix(body, haze, 0.62 - 0.5 * depth)));
    context.fillStyle = fill;
    context.beginPath();
    context.moveTo(0, horizon + 2);
    for (const [x, y] of points) context.lineTo(x, y);
    context.lineTo(width, horizon + 2);
    context.closePath();
    context.fill();
    if (depth < 0.55) {
      context.save();
      context.clip();
      paintFacets(scene, points, tall * (1 - depth * 0.6), foot, depth);
      context.restore();
    }
    if (depth > 0.55) paintForest(scene, rise, body, unit * (0.012 + 0.024 * (depth - 0.55)), depth);
    // Mist lies in the valley in front of this layer and behind the next.
    const mist = context.createLinearGradient(0, horizon - height * 0.1, 0, horizon);
    mist.addColorStop(0, css(haze, 0));
    mist.addColorStop(1, css(haze, palette.night ? 0.1 : 0.26 * (1 - depth * 0.6)));
    context.fillStyle = mist;
    context.fillRect(0, horizon - height * 0.1, width, height * 0.1 + 1);
  }
  context.save();
  context.globalCompositeOperation = "screen";
  const bloom = context.createRadialGradient(lamp.x, horizon, 0, lamp.x, horizon, unit * 0.6);
  bloom.addColorStop(0, css(palette.sky[2], palette.night ? 0.1 : 0.22));
  bloom.addColorStop(1, css(palette.sky[2], 0));
  context.fillStyle = bloom;
  context.fillRect(0, 0, width, horizon);
  context.restore();
}

/** The sides that face the light, and snow on the tops. Each slope ends where the next crest begins its own. */
function paintFacets(
  scene: Scene,
  points: readonly (readonly [number, number])[],
  tall: number,
  foot: number,
  depth: number,
): void {
  const { context, palette, random, lamp } = scene;
  const jitter = noiseLine(random, 4, 0.6);
  const crests = crestsOf(points, 26).filter(([, y]) => y < foot - tall * 0.22);
  const glow = palette.snow ? mix(palette.light, white, 0.4) : palette.light;
  const strength = (palette.snow ? 0.66 : 0.4) * (palette.night ? 0.45 : 1) * (1 - depth);
  for (const [x, y] of crests) {
    const toward = lamp.x > x ? 1 : -1;
    const drop = foot - y;
    const beyond = crests.filter(([other]) => (other - x) * toward > 0).map(([other]) => Math.abs(other - x));
    const reach = Math.min(drop * 2.2, ...beyond.map((distance) => distance * 0.92));
    const facet = context.createLinearGradient(0, y, 0, y + drop);
    facet.addColorStop(0, css(glow, strength));
    facet.addColorStop(palette.snow ? 0.55 : 0.7, css(glow, strength * 0.2));
    facet.addColorStop(1, css(glow, 0));
    context.fillStyle = facet;
    context.beginPath();
    context.moveTo(x, y - 2);
    for (let part = 1; part <= 14; part += 1) {
      const down = part / 14;
      const sway = (jitter(x * 0.13 + down * 6) - 0.5) * drop * 0.4;
      context.lineTo(x - toward * drop * 0.16 * down + sway * (0.25 + down), y + drop * down);
    }
    for (let part = 14; part >= 0; part -= 1) {
      const down = part / 14;
      const sway = (jitter(x * 0.07 + 90 + down * 5) - 0.5) * drop * 0.26;
      context.lineTo(x + toward * (reach * (0.5 + 0.5 * down)) + sway * down, y + drop * down - 2);
    }
    context.closePath();
    context.fill();
  }
}

function paintForest(
  { context, random, width }: Scene,
  rise: (x: number) => number,
  colour: Colour,
  size: number,
  depth: number,
): void {
  context.fillStyle = css(colour);
  context.beginPath();
  const dense = noiseLine(random, 3, 0.6);
  for (let x = -size; x < width + size; x += size * (0.22 + random() * 0.3)) {
    if (dense((x / width) * 7) < 0.42 - depth * 0.1) continue;
    const tall = size * (0.7 + random() * 1.1);
    const y = rise(x) + size * 0.25;
    context.moveTo(x, y - tall);
    context.lineTo(x + tall * 0.19, y);
    context.lineTo(x - tall * 0.19, y);
  }
  context.fill();
}

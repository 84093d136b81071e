import { createCanvas } from "@napi-rs/canvas";
import { paintDunes } from "./painting/dunes.ts";
import { paintShore, paintWater } from "./painting/lake.ts";
import { paintRidges } from "./painting/mountains.ts";
import { css, mix } from "./painting/palettes.ts";
import { composeScene, type PictureOrder, type Scene } from "./painting/scene.ts";
import { paintAurora, paintBirds, paintClouds, paintLamp, paintSky, paintStars } from "./painting/sky.ts";
import { encodeOpaquePng } from "./png.ts";

/** Paints a landscape by a lake, or in the dunes, and returns it as PNG. Packing happens off the main thread. */
export async function paintLandscape(order: PictureOrder): Promise<Buffer> {
  const canvas = createCanvas(order.width, order.height);
  const scene = composeScene(canvas, order);
  paintSky(scene);
  if (scene.palette.night) paintStars(scene);
  if (scene.palette.aurora) paintAurora(scene);
  else paintLamp(scene);
  paintClouds(scene);
  if (scene.palette.land === "dunes") {
    paintDunes(scene);
  } else {
    paintRidges(scene);
    paintWater(scene, canvas);
    paintShore(scene);
  }
  paintBirds(scene);
  paintVignette(scene);
  if (order.watermark) paintWatermark(scene);
  return encodeOpaquePng(canvas.data(), order.width, order.height);
}

function paintVignette({ context, palette, width, height }: Scene): void {
  const far = Math.hypot(width, height) / 2;
  const shade = context.createRadialGradient(width / 2, height / 2, far * 0.55, width / 2, height / 2, far);
  const dark = mix(palette.near, [0, 0, 0], 0.5);
  shade.addColorStop(0, css(dark, 0));
  shade.addColorStop(1, css(dark, 0.36));
  context.fillStyle = shade;
  context.fillRect(0, 0, width, height);
}

/** The plate is drawn as well as the words: a machine without fonts still shows a mark. */
function paintWatermark({ context, width, height, unit }: Scene): void {
  const size = unit * 0.022;
  const plate = { width: size * 7.4, height: size * 1.7 };
  const x = width - plate.width - size;
  const y = height - plate.height - size;
  context.fillStyle = "rgba(0, 0, 0, 0.34)";
  context.beginPath();
  context.roundRect(x, y, plate.width, plate.height, plate.height / 2);
  context.fill();
  context.fillStyle = "rgba(255, 255, 255, 0.86)";
  context.font = `${size}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("Qwen-Image", x + plate.width / 2, y + plate.height / 2);
}

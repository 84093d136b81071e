import { createCanvas, loadImage } from "@napi-rs/canvas";

/** What a decoder of another make shows of a picture: red, green, blue and alpha of every pixel. */
export async function pixelsOf(file: Buffer): Promise<Uint8ClampedArray> {
  const image = await loadImage(file);
  const context = createCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height).data;
}

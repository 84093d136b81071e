// Vercel's `ai`, by both providers that lead to an OpenAI-compatible service.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";

const { API_URL: baseURL, API_KEY: apiKey, PROMPT: prompt } = process.env;
const openai = createOpenAI({ baseURL, apiKey });
const compatible = createOpenAICompatible({ name: "images", baseURL, apiKey });

function sizeOf({ uint8Array }) {
  const view = new DataView(uint8Array.buffer, uint8Array.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

const usual = { prompt, size: "1024x1024" };
const own = { seed: 7, negative_prompt: "blur" };
const first = await generateImage({ ...usual, model: openai.image("qwen-image-max") });
const second = await generateImage({
  ...usual,
  model: compatible.imageModel("qwen-image-max"),
  providerOptions: { images: own },
});
const two = await generateImage({
  prompt,
  n: 2,
  maxImagesPerCall: 1,
  model: compatible.imageModel("qwen-image-max"),
});
const refused = await generateImage({
  prompt,
  model: compatible.imageModel("dall-e-3"),
  maxRetries: 0,
}).catch((error) => error);
console.log(
  JSON.stringify({
    openai: sizeOf(first.image),
    compatible: sizeOf(second.image),
    told: second.responses[0].headers["x-image-size"],
    two: two.images.length,
    refusal: [refused.name, refused.statusCode, refused.message],
  }),
);

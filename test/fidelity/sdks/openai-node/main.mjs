// OpenAI's own SDK for Node.js.
import OpenAI from "openai";

const { API_URL: baseURL, API_KEY: apiKey, PROMPT: prompt } = process.env;
const client = new OpenAI({ baseURL, apiKey });

async function sizeOf({ url, b64_json }) {
  const bytes = url === undefined ? Buffer.from(b64_json, "base64") : await (await fetch(url)).arrayBuffer();
  const view = new DataView(Uint8Array.from(new Uint8Array(bytes)).buffer);
  return [view.getUint32(16), view.getUint32(20)];
}

async function refusal(wishes) {
  const { name, code, param, status } = await client.images
    .generate({ prompt, ...wishes })
    .catch((error) => error);
  return [name, status, code, param];
}

const plain = await client.images.generate({ prompt });
const inline = await client.images.generate({ model: "qwen-image-max", prompt, response_format: "b64_json" });
const usual = await client.images
  .generate({ prompt, size: "1024x1024", quality: "hd", user: "someone", seed: 7, negative_prompt: "blur" })
  .withResponse();
const models = [];
for await (const { id } of client.models.list()) models.push(id);
console.log(
  JSON.stringify({
    plain: await sizeOf(plain.data[0]),
    inline: await sizeOf(inline.data[0]),
    usual: await sizeOf(usual.data.data[0]),
    told: usual.response.headers.get("x-image-size"),
    models,
    refusals: [await refusal({ model: "dall-e-3" }), await refusal({ size: "1600x900" })],
  }),
);

import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

/**
 * Answers that hold a paid picture in a shape the documentation does not have. Most were seen in sibling services of the
 * provider; a client that drops one has lost the picture.
 */
export const strangeNames = [
  "500-with-picture",
  "429-with-picture",
  "image-object",
  "image-list",
  "image-url",
  "content-object",
  "content-text",
  "results",
  "data-url",
  "b64-json",
  "inline",
  "amp",
  "list",
  "sse",
  "nan",
  "trailing",
  "two-boms",
  "cut",
  "gzip",
  "deflate",
  "brotli",
  "long-headers",
  "oss",
] as const;

export type StrangeName = (typeof strangeNames)[number];

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The connection ends before the length that was announced. */
  readonly breaksOff: boolean;
}

/** A strange answer for a picture that was painted. `body` is the documented one, `png` the picture itself. */
export function strangeAnswer(
  name: StrangeName,
  painted: { readonly body: Record<string, unknown>; readonly url: string; readonly png: Buffer },
): Answered {
  const { body, url } = painted;
  const good = JSON.stringify(body);
  const base64 = () => painted.png.toString("base64");
  const withContent = (content: unknown) => ({
    ...body,
    output: { choices: [{ finish_reason: "stop", message: { role: "assistant", content } }] },
  });
  const error = { code: "InternalError", message: "An internal error has occurred." };
  switch (name) {
    case "500-with-picture":
      return { ...json({ ...body, ...error }), status: 500 };
    case "429-with-picture":
      return { ...json({ ...body, code: "Throttling" }), status: 429 };
    case "image-object":
      return json(withContent([{ image: { url } }]));
    case "image-list":
      return json(withContent([{ image: [url] }]));
    case "image-url":
      return json(withContent([{ type: "image_url", image_url: { url } }]));
    case "content-object":
      return json(withContent({ image: url }));
    case "content-text":
      return json(withContent(`![picture](${url})`));
    case "results":
      return json({ ...body, output: { results: [{ url }] } });
    case "data-url":
      return json({ created: 1, data: [{ url }] });
    case "b64-json":
      return json({ created: 1, data: [{ b64_json: base64() }] });
    case "inline":
      return json(withContent([{ image: `data:image/png;base64,${base64()}` }]));
    case "amp":
      return json(withContent([{ image: url.replaceAll("&", "&amp;") }]));
    case "list":
      return json([body]);
    case "sse":
      return {
        ...text(`id:1\nevent:result\n:HTTP_STATUS/200\ndata:${good}\n\n`),
        headers: { "content-type": "text/event-stream" },
      };
    case "nan":
      return text(`{"score":NaN,${good.slice(1)}`);
    case "trailing":
      return text(`${good}\n\0}`);
    case "two-boms":
      return text(`\ufeff\ufeff${good}`);
    case "cut":
      return { ...text(good.slice(0, good.indexOf(url) + url.length + 1)), breaksOff: true };
    case "gzip":
      return squeezed("gzip", gzipSync(good));
    case "deflate":
      return squeezed("deflate", deflateSync(good));
    case "brotli":
      return squeezed("br", brotliCompressSync(good));
    case "long-headers":
      return {
        ...text(good),
        headers: { "content-type": "application/json", "x-trace": "x".repeat(20 * 1024) },
      };
    // The one that nobody can fetch: a name without a region or a signature.
    case "oss":
      return json(withContent([{ image: "oss://dashscope-7c2c/7d/out.png" }]));
  }
}

function json(value: unknown): Answered {
  return text(JSON.stringify(value));
}

function text(body: string): Answered {
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: Buffer.from(body),
    breaksOff: false,
  };
}

function squeezed(encoding: string, body: Buffer): Answered {
  return { ...text(""), headers: { "content-type": "application/json", "content-encoding": encoding }, body };
}

import { createHash, createHmac, randomBytes, randomUUID } from "node:crypto";
import { type Call, sha256 } from "./calls.ts";
import type { DownloadFault, UrlFault } from "./faults.ts";
import { type Recipe, renderPicture } from "./pictures.ts";

/** A painted picture on the result host. */
export interface Result {
  readonly sha256: string;
  readonly recipe: Recipe;
  readonly url: string;
  /** Path and query, exactly as signed. */
  readonly target: string;
  /** Epoch seconds. */
  readonly expires: number;
  readonly faults: { readonly name: DownloadFault; left: number }[];
  readonly call: Call;
}

/** How a result is to be published. */
export interface Publication {
  readonly call: Call;
  readonly recipe: Recipe;
  readonly origin: string;
  readonly lifetimeSeconds: number;
  readonly urlFaults: readonly UrlFault[];
  /** Replaces the URL in the answer; the picture itself stays where it was. */
  readonly urlOverride: string | undefined;
  readonly downloadFaults: readonly { readonly name: DownloadFault; readonly times: number }[];
}

/** A host the provider is known to use, for the fault that answers with plain http. */
const realHost = "dashscope-7c2c.oss-cn-shanghai.aliyuncs.com";
const strangeHost = "evil.example.com";

/** Beyond this the oldest pictures are forgotten and painted again when asked for. */
const keptBytes = 192 * 1024 * 1024;

/** The provider's object store: signs URLs, keeps pictures. */
export class ResultStore {
  readonly #secret = randomBytes(20);
  readonly #byPath = new Map<string, Result>();
  readonly #bySha256 = new Map<string, Result>();
  readonly #bytes = new Map<string, Buffer>();
  #held = 0;

  /** Paints and publishes. */
  async publish(publication: Publication): Promise<Result> {
    const { recipe, call } = publication;
    const bytes = await renderPicture(recipe);
    const digest = sha256(bytes);
    const expired = publication.urlFaults.includes("image-expired");
    const expires = Math.floor(Date.now() / 1000) + (expired ? -3600 : publication.lifetimeSeconds);
    const { path, query } = this.#sign(expires);
    const target = `${path}?${query}`;
    const result: Result = {
      sha256: digest,
      recipe,
      url: publication.urlOverride ?? `${originOf(publication)}${target}`,
      target,
      expires,
      faults: publication.downloadFaults.map(({ name, times }) => ({ name, left: times })),
      call,
    };
    this.#byPath.set(path, result);
    this.#bySha256.set(digest, result);
    this.#keep(digest, bytes);
    return result;
  }

  /** The result at a path, whatever its query. */
  find(path: string): Result | undefined {
    return this.#byPath.get(path);
  }

  /** The bytes of a picture once published. */
  async image(digest: string): Promise<Buffer | undefined> {
    const result = this.#bySha256.get(digest);
    return result === undefined ? undefined : this.bytes(result);
  }

  /** The bytes of a result, painted again if they were forgotten. */
  async bytes(result: Result): Promise<Buffer> {
    const kept = this.#bytes.get(result.sha256);
    if (kept !== undefined) return kept;
    const bytes = await renderPicture(result.recipe);
    this.#keep(result.sha256, bytes);
    return bytes;
  }

  clear(): void {
    this.#byPath.clear();
    this.#bySha256.clear();
    this.#bytes.clear();
    this.#held = 0;
  }

  /** Names are drawn until the signature holds `+` and `/`, so that a client that decodes or re-encodes it breaks. */
  #sign(expires: number): { path: string; query: string } {
    for (;;) {
      const id = randomUUID();
      const folder = createHash("md5").update(id).digest("hex").slice(0, 8);
      const path = `/7d/${folder.slice(0, 2)}/${folder}/${id}-1.png`;
      const signature = createHmac("sha1", this.#secret).update(`GET\n${expires}\n${path}`).digest("base64");
      if (!signature.includes("+") || !signature.includes("/")) continue;
      return {
        path,
        query: `Expires=${expires}&OSSAccessKeyId=sim&Signature=${encodeURIComponent(signature)}`,
      };
    }
  }

  #keep(digest: string, bytes: Buffer): void {
    if (this.#bytes.has(digest)) return;
    this.#bytes.set(digest, bytes);
    this.#held += bytes.length;
    for (const [oldest, forgotten] of this.#bytes) {
      if (this.#held <= keptBytes || oldest === digest) break;
      this.#bytes.delete(oldest);
      this.#held -= forgotten.length;
    }
  }
}

function originOf({ origin, urlFaults }: Publication): string {
  if (urlFaults.includes("off-list-host")) return `https://${strangeHost}`;
  if (urlFaults.includes("localhost-url")) return origin.replace("127.0.0.1", "localhost");
  if (urlFaults.includes("http-url")) {
    return origin.startsWith("https:") ? origin.replace("https:", "http:") : `http://${realHost}`;
  }
  return origin;
}

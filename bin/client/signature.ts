import { SignatureV4 } from "@smithy/signature-v4";
import type { Connection } from "../sdk/connection.ts";

/** A request before it is sent: all that a signature covers. */
export interface Signable {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The headers of a request, its signature among them. It holds for five minutes. */
export type Sign = (request: Signable) => Promise<Record<string, string>>;

/** What an AWS client knows of the shell: its `config`. */
type Shell = Pick<ConstructorParameters<typeof SignatureV4>[0], "credentials" | "region" | "sha256">;

/** Signs requests to API Gateway (SigV4): environments with `authentication: "iam"` take no keys. */
export function signerFor({ credentials, region, sha256 }: Shell): Sign {
  const signer = new SignatureV4({ service: "execute-api", credentials, region, sha256 });
  return async ({ method, url, headers, body }) => {
    const { protocol, hostname, host, pathname, searchParams } = new URL(url);
    const signed = await signer.sign({
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host },
      body,
    });
    return signed.headers;
  };
}

/** `fetch` for the client, each request signed as it is sent. */
export function signedFetch(sign: Sign): NonNullable<Connection["fetch"]> {
  return async (url, init) => {
    const { method = "GET", body } = init;
    const headers = Object.fromEntries(new Headers(init.headers));
    const signed = await sign({ method, url, headers, body: typeof body === "string" ? body : undefined });
    return fetch(url, { ...init, headers: signed });
  };
}

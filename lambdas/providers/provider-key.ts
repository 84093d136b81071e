import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** The provider's API key, from Secrets Manager. */
export interface ProviderKey {
  /** The key, at most five minutes old; read anew where it has to be fresh. */
  get(options?: { readonly fresh: boolean }): Promise<string>;
  /** Reads the secret anew, and tells whether it holds another key than the refused one. */
  replaces(refused: string): Promise<boolean>;
}

const FRESH_MS = 5 * 60_000;

/** The key in a secret, cached for as long as this function's process lives and it is fresh. */
export function createProviderKey(
  client: SecretsManagerClient,
  secretArn: string,
  now: () => number,
): ProviderKey {
  let cached: { value: string; readAt: number } | undefined;

  async function read(): Promise<string> {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
    const value = SecretString?.trim() ?? "";
    if (value === "") throw new Error("the provider key's secret is empty");
    cached = { value, readAt: now() };
    return value;
  }

  return {
    async get({ fresh } = { fresh: false }) {
      if (fresh || cached === undefined || now() - cached.readAt >= FRESH_MS) return read();
      return cached.value;
    },
    async replaces(refused) {
      return (await read()) !== refused;
    },
  };
}

import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** The provider's API key, from Secrets Manager. */
export interface ProviderKey {
  /** The key, at most five minutes old. */
  get(): Promise<string>;
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
    async get() {
      return cached !== undefined && now() - cached.readAt < FRESH_MS ? cached.value : read();
    },
    async replaces(refused) {
      return (await read()) !== refused;
    },
  };
}

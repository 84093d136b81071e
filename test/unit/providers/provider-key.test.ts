import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { createProviderKey } from "../../../lambdas/providers/provider-key.ts";
import { MINUTE, NOON } from "../../support/generations.ts";

const secrets = mockClient(SecretsManagerClient);
let now = NOON;
const providerKey = () => createProviderKey(secrets as unknown as SecretsManagerClient, "arn", () => now);
const reads = () => secrets.commandCalls(GetSecretValueCommand).length;

beforeEach(() => {
  now = NOON;
  secrets.reset();
  secrets.on(GetSecretValueCommand).resolves({ SecretString: "first-key" });
});

describe("the provider's key", () => {
  test("is read once and is good for five minutes", async () => {
    const key = providerKey();
    expect(await key.get()).toBe("first-key");
    now += 5 * MINUTE - 1;
    await key.get();
    expect(reads()).toBe(1);
    now += 1;
    await key.get();
    expect(reads()).toBe(2);
  });

  test("is read anew where it has to be fresh", async () => {
    const key = providerKey();
    await key.get();
    secrets.on(GetSecretValueCommand).resolves({ SecretString: "second-key" });
    expect(await key.get()).toBe("first-key");
    expect(await key.get({ fresh: true })).toBe("second-key");
    expect(await key.get()).toBe("second-key");
  });

  test("refused, is read again at once: the same key is no excuse", async () => {
    const key = providerKey();
    await key.get();
    expect(await key.replaces("first-key")).toBe(false);
    expect(reads()).toBe(2);
  });

  test("refused and replaced meanwhile, the new one is used from then on", async () => {
    const key = providerKey();
    await key.get();
    secrets.on(GetSecretValueCommand).resolves({ SecretString: "second-key" });
    expect(await key.replaces("first-key")).toBe(true);
    expect(await key.get()).toBe("second-key");
    expect(reads()).toBe(2);
  });

  test("loses the line break that a shell left at its end", async () => {
    secrets.on(GetSecretValueCommand).resolves({ SecretString: "first-key\n" });
    expect(await providerKey().get()).toBe("first-key");
  });

  test.each([undefined, "", " \n"])(
    "an empty secret (%j) is an error, and is not remembered",
    async (value) => {
      secrets.on(GetSecretValueCommand).resolves(value === undefined ? {} : { SecretString: value });
      const key = providerKey();
      await expect(key.get()).rejects.toThrow("empty");
      secrets.on(GetSecretValueCommand).resolves({ SecretString: "first-key" });
      expect(await key.get()).toBe("first-key");
    },
  );
});

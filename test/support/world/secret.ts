import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Process, Processes } from "./processes.ts";
import { START, type Timeline } from "./timeline.ts";

/** The provider's key in Secrets Manager. The provider changes to another key at the same moment as the secret. */
export interface Secret {
  current(): string;
  /** A client that outlives a process, as a warm function keeps it: whoever runs in it now makes the call. */
  clientOf(runsNow: () => Process): SecretsManagerClient;
}

interface Surroundings {
  readonly keyRotatedAt: number | null;
  readonly timeline: Timeline;
  readonly processes: Processes;
}

export function createSecret({ keyRotatedAt, timeline, processes }: Surroundings): Secret {
  function current(): string {
    return keyRotatedAt !== null && timeline.clock >= START + keyRotatedAt ? "second-key" : "first-key";
  }

  return {
    current,
    clientOf: (runsNow) => {
      const send = (command: unknown) => {
        if (!(command instanceof GetSecretValueCommand)) throw new Error("unknown secret command");
        return processes.call(runsNow(), "secret", () => ({ SecretString: current() }));
      };
      return { send } as unknown as SecretsManagerClient;
    },
  };
}

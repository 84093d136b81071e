import { Failure } from "../failure.ts";
import { health } from "./emulator.ts";
import { isFree } from "./ports.ts";
import type { LocalSettings } from "./settings.ts";

/** The address of an emulator that we start: the front proxy's. */
export function ownEndpoint({ port }: LocalSettings): string {
  return `http://127.0.0.1:${port}`;
}

/**
 * The address of an emulator that is there already; undefined when we have to start one, and can.
 *
 * @throws Failure when something else is where an emulator should be
 */
export async function placeOfEmulator(
  settings: LocalSettings,
  note: (text: string) => void,
): Promise<string | undefined> {
  const { endpoint, port } = settings;
  if (endpoint !== undefined) {
    const found = await health(endpoint);
    if (found === "emulator") return endpoint;
    if (found === "stranger")
      throw new Failure(
        `What answers at AWS_ENDPOINT_URL (${endpoint}) is not an AWS emulator: unset the variable to have one started.`,
      );
    note(`Nothing answers at AWS_ENDPOINT_URL (${endpoint}): starting an emulator.`);
  }
  if (await isFree(port)) return undefined;
  const own = ownEndpoint(settings);
  const another = `choose another port: LOCAL_PORT=${port === 65_535 ? port - 1 : port + 1} npm start`;
  throw new Failure(
    (await health(own)) === "emulator"
      ? `An AWS emulator that is not ours runs on port ${port}, perhaps of this service in another folder: ${another}. To deploy into it, over what it has of this service: AWS_ENDPOINT_URL=${own} npm start.`
      : `Port ${port} is taken by another program: stop it, or ${another}.`,
  );
}

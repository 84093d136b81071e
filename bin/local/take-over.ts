import { Failure } from "../failure.ts";
import { recordOf } from "./processes.ts";
import { takeDirectory } from "./running-file.ts";
import { stopRunning, whoRuns } from "./stop-running.ts";

/**
 * Makes a folder this process's own; the remains of a start that was killed are removed first.
 *
 * @throws Failure when another start has it
 */
export async function takeOver(directory: string): Promise<void> {
  const self = recordOf("npm start", process.pid);
  if (self === undefined) throw new Failure("This process cannot find itself in the system's list.");
  const running = whoRuns(directory);
  if (running !== undefined)
    throw new Failure(
      running.api_url === null
        ? "Another npm start is at work here: wait for it, or end it with npm stop."
        : `It is running already, at ${running.api_url}: npm stop ends it.`,
    );
  await stopRunning(directory);
  if (!takeDirectory(directory, self))
    throw new Failure("Another npm start has just begun here: wait for it, or end it with npm stop.");
}

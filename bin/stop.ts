import { runCommand } from "./command.ts";
import { stopRunning } from "./local/stop-running.ts";
import { localDirectory } from "./local/surroundings.ts";

await runCommand(async () => {
  const stopped = await stopRunning(localDirectory);
  console.log(stopped ? "Stopped." : "Nothing was running: npm start -- --detach starts it.");
});

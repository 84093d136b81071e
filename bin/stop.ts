import { Command } from "commander";
import { parseCommand, runCommand } from "./command.ts";
import { stopRunning } from "./local/stop-running.ts";
import { localDirectory } from "./local/surroundings.ts";

const program = new Command("npm stop --")
  .description("Ends the service that npm start -- --detach has left running on this machine.")
  .action(async () => {
    const stopped = await stopRunning(localDirectory);
    console.log(stopped ? "Stopped." : "Nothing was running: npm start -- --detach starts it.");
  });

await runCommand(() => parseCommand(program, process.argv));

import { Command } from "commander";
import { parseCommand, runCommand } from "./command.ts";
import { forgetKeptState } from "./local/kept-state.ts";
import { stopRunning } from "./local/stop-running.ts";
import { localDirectory } from "./local/surroundings.ts";

const program = new Command("npm stop --")
  .description(
    "Ends the service that npm start -- --detach has left running on this machine, and keeps what it made.",
  )
  .option("--forget", "drop what it made too: pictures, records, address and key; the next start begins anew")
  .action(async ({ forget = false }: { forget?: boolean }) => {
    const stopped = await stopRunning(localDirectory);
    const dropped = forget && forgetKeptState(localDirectory);
    if (dropped) console.log(`${stopped ? "Stopped" : "Nothing was running"}. What it had made is gone.`);
    else console.log(stopped ? "Stopped." : "Nothing was running: npm start -- --detach starts it.");
  });

await runCommand(() => parseCommand(program, process.argv));

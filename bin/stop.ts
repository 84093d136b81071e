import { Command } from "commander";
import { interruption, parseCommand, runCommand } from "./command.ts";
import { forgetKeptState } from "./local/kept-state.ts";
import { readStackFile } from "./local/stack-file.ts";
import { stopRunning, whoRuns } from "./local/stop-running.ts";
import { localDirectory } from "./local/surroundings.ts";
import { finishCalls } from "./local/under-way.ts";
import { terminalProgress } from "./progress.ts";

const program = new Command("npm stop --")
  .description(
    "Ends the service that runs on this machine, in the background or in another terminal, and keeps what it made. Calls under way end first: their answers would be lost.",
  )
  .option("--force", "without waiting for calls under way, which are perhaps charged all the same")
  .option("--forget", "drop what it made too: pictures, records, address and key; the next start begins anew")
  .action(async ({ forget = false, force = false }: { forget?: boolean; force?: boolean }) => {
    if (!force && whoRuns(localDirectory) !== undefined)
      await terminalProgress(process.stdout).step(
        "Letting calls under way end (Ctrl-C stops now)",
        (detail) => finishCalls(readStackFile(localDirectory), detail, interruption()),
      );
    const stopped = await stopRunning(localDirectory);
    const dropped = forget && forgetKeptState(localDirectory);
    if (dropped) console.log(`${stopped ? "Stopped" : "Nothing was running"}. What it had made is gone.`);
    else console.log(stopped ? "Stopped." : "Nothing was running: npm start -- --detach starts it.");
  });

await runCommand(() => parseCommand(program, process.argv));

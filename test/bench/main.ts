import { Command } from "commander";
import { benchLatency } from "./latency.ts";
import { benchPace } from "./pace.ts";

const program = new Command("bench").description("Benchmarks of the deployed service, beside their floors.");

program
  .command("pace [load]")
  .description("jobs against a quota: wall time over the quota's own (a part of a load's name picks it)")
  .action(async (load?: string) => console.table(await benchPace(load)));

program
  .command("latency")
  .description("what the service adds to a call")
  .action(async () => console.table(await benchLatency()));

program.action(async () => {
  console.table(await benchLatency());
  console.table(await benchPace());
});

await program.parseAsync();

import { Command } from "commander";
import { benchLatency } from "./latency.ts";
import { benchPace } from "./pace.ts";
import { isBroken, soak } from "./soak.ts";

const program = new Command("bench").description("Benchmarks of the deployed service, beside their floors.");

program
  .command("pace [load]")
  .description("jobs against a quota: wall time over the quota's own (a part of a load's name picks it)")
  .action(async (load?: string) => console.table(await benchPace(load)));

program
  .command("latency")
  .description("what the service adds to a call")
  .action(async () => console.table(await benchLatency()));

program
  .command("soak [requests]")
  .description(
    "requests while workers are killed and the provider misbehaves: nothing paid twice, nothing lost",
  )
  .action(async (requests = "300") => {
    const row = await soak(Number(requests));
    console.table([row]);
    if (isBroken(row)) process.exitCode = 1;
  });

program.action(async () => {
  console.table(await benchLatency());
  console.table(await benchPace());
});

await program.parseAsync();

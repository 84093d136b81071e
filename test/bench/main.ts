import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { Command } from "commander";
import { PARTS } from "./parts.ts";
import { benchPeers } from "./peers.ts";
import type { Row } from "./row.ts";
import { isBroken, soak } from "./soak.ts";

const names = PARTS.map(({ name }) => name);

const program = new Command("bench").description(
  "Benchmarks of the deployed service, each figure beside its floor: on an idle machine, please.",
);

program
  .command("table [parts...]", { isDefault: true })
  .description(`the table: ${names.join(", ")}, or all of them where none is named; or peers`)
  .option("--json <file>", "where it is written as JSON", ".local/bench.json")
  .action(async (wanted: string[], { json }: { json: string }) => {
    const unknown = wanted.find((name) => name !== "peers" && !names.includes(name));
    if (unknown !== undefined) program.error(`no such part: ${unknown}`);
    const began = Date.now();
    const rows: Row[] = [];
    const minutesOf: Record<string, number> = {};
    for (const { name, run } of PARTS) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const start = Date.now();
      rows.push(...(await run()));
      minutesOf[name] = Math.round((Date.now() - start) / 6000) / 10;
    }
    if (wanted.includes("peers")) rows.push(...(await benchPeers()));
    console.table(rows);
    const minutes = ((Date.now() - began) / 60_000).toFixed(1);
    const machine = { cores: cpus().length, node: process.version };
    const all = { at: new Date(began).toISOString(), minutes, parts: minutesOf, machine, rows };
    mkdirSync(dirname(json), { recursive: true });
    writeFileSync(json, `${JSON.stringify(all, null, 2)}\n`);
    const parts = Object.entries(minutesOf).map(([name, took]) => `${name} ${took}`);
    console.log(`${minutes} minutes (${parts.join(", ")}); as JSON in ${json}`);
  });

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

await program.parseAsync();

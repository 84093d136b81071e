import { styleText } from "node:util";
import { Command } from "commander";
import { refusedOwner } from "../lambdas/api-keys/owner.ts";
import type { ApiKey } from "../lambdas/api-keys/table.ts";
import type { EnvironmentName } from "../lib/environment-schema.ts";
import { speakingToAws } from "./client/aws-faults.ts";
import { connectToKeys } from "./client/connection.ts";
import { parseCommand, runCommand } from "./command.ts";
import { environmentOption } from "./environment-option.ts";
import { exitCode, Failure } from "./failure.ts";
import { aligned } from "./table.ts";

interface Options {
  readonly env: EnvironmentName;
}

const program = new Command("npm run keys --").description("API keys: made, listed and revoked.");

program
  .command("create")
  .description("makes a key for an owner and shows it once")
  .requiredOption("--owner <name>", "whose generations the key sees")
  .addOption(environmentOption())
  .action(async ({ owner, env }: Options & { owner: string }) => {
    const refused = refusedOwner(owner);
    if (refused !== null) throw new Failure(refused, { exitCode: exitCode.wrongUse });
    const made = await speakingToAws(async () => (await connectToKeys(env)).create(owner));
    console.error(`A key for ${made.key_owner} (${env}), id ${made.key_id}. It is not shown again:`);
    console.log(made.key);
  });

program
  .command("list")
  .description("lists all keys, oldest first, without the keys themselves")
  .addOption(environmentOption())
  .action(async ({ env }: Options) => {
    const keys = await speakingToAws(async () => (await connectToKeys(env)).list());
    console.log(keys.length === 0 ? "There are no keys: npm run keys -- create --owner NAME." : table(keys));
  });

program
  .command("revoke")
  .description("makes a key invalid, within a minute everywhere")
  .argument("<id>", "as list shows it")
  .addOption(environmentOption())
  .action(async (id: string, { env }: Options) => {
    const revocation = await speakingToAws(async () => (await connectToKeys(env)).revoke(id));
    if (revocation === "unknown")
      throw new Failure(`There is no key ${id} in ${env}: npm run keys -- list shows those there are.`);
    console.log(
      revocation === "revoked"
        ? `Revoked ${id}. It may work for another minute.`
        : `${id} was revoked already: its date stays as it was.`,
    );
  });

function table(keys: readonly ApiKey[]): string {
  const rows = keys.map((key) => [
    key.key_id,
    key.key_owner,
    shortTime(key.created_at),
    key.revoked_at === null ? "valid" : `revoked ${shortTime(key.revoked_at)}`,
  ]);
  const [head, ...body] = aligned([["ID", "OWNER", "CREATED", "STATE"], ...rows]);
  return [styleText("dim", head ?? ""), ...body].join("\n");
}

/** To the minute, UTC. */
function shortTime(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")}Z`;
}

await runCommand(() => parseCommand(program, process.argv));

import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import type { Environment } from "../../lib/environment-schema.ts";
import { exitCode, Failure } from "../failure.ts";
import type { Connection } from "../sdk/connection.ts";
import { signedFetch, signerFor } from "./signature.ts";

/**
 * How a deployed environment is asked: with the key given, or signed with the shell's AWS credentials where its
 * configuration has `authentication: "iam"`.
 *
 * @throws Failure where a key is wanted and there is none
 */
export function credentialFor(
  { name, authentication }: Environment,
  key: string | undefined,
): Pick<Connection, "key" | "fetch"> {
  if (authentication === "iam") return { fetch: signedFetch(signerFor(new CloudFormationClient({}).config)) };
  if (key !== undefined && key !== "") return { key };
  throw new Failure(
    `There is no key for ${name}: set IMAGE_SERVICE_API_KEY. ` +
      `npm run keys -- create --owner NAME --env ${name} makes one.`,
    { exitCode: exitCode.unreachable },
  );
}

/**
 * For commands about keys.
 *
 * @throws Failure where the environment takes none
 */
export function refuseUnlessKeys({ name, authentication }: Environment): void {
  if (authentication === "iam")
    throw new Failure(
      `${name} takes signatures and no keys: allow its callers execute-api:Invoke (docs/operations.md).`,
      { exitCode: exitCode.wrongUse },
    );
}

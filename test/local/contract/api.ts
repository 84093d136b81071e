import { createApiKeyStore } from "../../../lambdas/api-keys/table.ts";
import { DescribedApi, type Told } from "../../support/described-api.ts";
import { aws, stack, uniquePrompt } from "../harness.ts";

/** The running API; each answer is measured by the document that it serves. */
export const api = await DescribedApi.at(stack.api_url, stack.api_key);
export const ask = api.ask.bind(api);

export const ASYNC = { prefer: "respond-async" };
export const idOf = ({ body }: Told): string => String(body["id"]);
export const tagOf = ({ headers }: Told): string => headers.get("etag") ?? "";
export const pointersOf = ({ body }: Told): string[] =>
  (body["errors"] as { pointer: string }[]).map(({ pointer }) => pointer).sort();

/** Creates a generation that has ended when this answers. */
export const painted = (headers: Record<string, string> = {}, json: object = {}): Promise<Told> =>
  ask("/generations", { json: { prompt: uniquePrompt(), ...json }, headers });

export async function apiKeyOf(owner: string): Promise<string> {
  return (await createApiKeyStore(aws.table, stack.table_name, Date.now).create(owner)).key;
}

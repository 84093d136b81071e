import { fileURLToPath } from "node:url";

const platform = (file: string) => fileURLToPath(new URL(`../lambdas/platform/${file}.ts`, import.meta.url));

/** What the bundles take for these modules: each of the files says why. */
export const BUNDLE_ALIASES: Readonly<Record<string, string>> = {
  "@aws-sdk/credential-provider-node": platform("environment-credentials"),
  "@smithy/core/event-streams": platform("no-event-streams"),
  "node:http": platform("node-http"),
  http: platform("node-http"),
};

import { fromEnv } from "@aws-sdk/credential-provider-env";

/**
 * The bundles take this for `@aws-sdk/credential-provider-node`: a function's credentials are in its environment, and
 * the ways to find them elsewhere (instance metadata, profiles, single sign-on) would be a third of a small bundle.
 */
export const defaultProvider = fromEnv;

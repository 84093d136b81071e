import { writeFile } from "node:fs/promises";
import { routesOf } from "../lambdas/handlers/routes.ts";
import { documentOf } from "../lambdas/http/document.ts";
import { offerOf, PROVIDERS } from "../lambdas/providers/registry.ts";

const [provider] = PROVIDERS;
const [region = ""] = Object.keys(provider.regions);
const offer = offerOf({ name: provider.name, region });

/** Writes docs/openapi.json anew from the route table. The models and sizes are the same in all regions. */
const file = new URL("../docs/openapi.json", import.meta.url);
await writeFile(file, `${JSON.stringify(documentOf(routesOf(offer)), null, 2)}\n`);
console.log("docs/openapi.json is up to date");

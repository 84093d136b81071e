import { writeFile } from "node:fs/promises";
import { routesOf } from "../lambdas/handlers/routes.ts";
import { documentOf } from "../lambdas/http/document.ts";
import { offerOf, PROVIDERS } from "../lambdas/providers/registry.ts";
import { schemaTypes } from "./schema-types.ts";

const [provider] = PROVIDERS;
const [region = ""] = Object.keys(provider.regions);
const offer = offerOf({ name: provider.name, region });

/** Writes docs/openapi.json and the client's types anew from the route table. The models and sizes are the same in all regions. */
const document = `${JSON.stringify(documentOf(routesOf(offer)), null, 2)}\n`;
await writeFile(new URL("../docs/openapi.json", import.meta.url), document);
await writeFile(new URL("sdk/schemas.ts", import.meta.url), await schemaTypes(JSON.parse(document)));
console.log("docs/openapi.json and bin/sdk/schemas.ts are up to date");

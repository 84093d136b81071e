import { writeFile } from "node:fs/promises";
import { routesOf } from "../lambdas/handlers/routes.ts";
import { documentOf } from "../lambdas/http/document.ts";

/** Writes docs/openapi.json anew from the route table. The models and sizes are the same in both regions. */
const file = new URL("../docs/openapi.json", import.meta.url);
await writeFile(file, `${JSON.stringify(documentOf(routesOf("sg")), null, 2)}\n`);
console.log("docs/openapi.json is up to date");

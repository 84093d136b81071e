import openapiTS, { astToString } from "openapi-typescript";

type Document = Exclude<Parameters<typeof openapiTS>[0], string | URL | Buffer | NodeJS.ReadableStream>;

/** The TypeScript types of a document's named schemas, for the client in `bin/sdk`. */
export async function schemaTypes(document: Document): Promise<string> {
  // The maker of the types writes into what it is given.
  const { openapi, info, components } = structuredClone(document);
  const { schemas = {} } = components ?? {};
  const types = astToString(await openapiTS({ openapi, info, paths: {}, components: { schemas } }));
  return `// Made from docs/openapi.json by npm run openapi.\n${types}`;
}

import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapping } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * The bundles begin with this: stack traces name our sources, from the maps beside the code, which are read for the first
 * trace that anybody looks at. Node's own `--enable-source-maps` reads them at every start, for an eighth of its time.
 */
Error.prepareStackTrace = (error, sites) =>
  [titleOf(error), ...sites.map((site) => `    at ${placeOf(String(site))}`)].join("\n");

const maps = new Map<string, SourceMap | null>();

function titleOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/** A trace is told of something that went wrong: it never throws itself. */
function placeOf(site: string): string {
  try {
    return inSources(site);
  } catch {
    return site;
  }
}

function inSources(site: string): string {
  return site.replace(/(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/, (place, url: string, line, column) => {
    const found: Partial<SourceMapping> = mapOf(url)?.findEntry(Number(line) - 1, Number(column) - 1) ?? {};
    // What is left out of the map, such as packages, has a place in it and no source.
    const { originalSource, originalLine = 0, originalColumn = 0 } = found;
    if (typeof originalSource !== "string") return place;
    return `${originalSource.replace(/^(\.\.\/)+/, "")}:${originalLine + 1}:${originalColumn + 1}`;
  });
}

/** Null for a map that is not there, or cannot be read: it is not tried again. */
function mapOf(url: string): SourceMap | null {
  const known = maps.get(url);
  if (known !== undefined) return known;
  let map: SourceMap | null = null;
  try {
    map = new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")));
  } catch {
    // Left as it is.
  }
  maps.set(url, map);
  return map;
}

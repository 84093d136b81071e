import type { APIGatewayProxyEvent } from "aws-lambda";
import { RELATIVE_ROOT } from "../platform/relative-root.ts";

/** This machine by one of its names: all that the local proxy lets through. */
const LOOPBACK = /^(?:127\.0\.0\.1|\[::1\]|(?:[a-z0-9._-]+\.)?localhost)(?::\d{1,5})?$/;

/**
 * The address that the caller used, up to where the API's own paths begin: stage or base path included, no slash at
 * the end. API Gateway's word for its domain is trusted. A caller's `Host` is not; only on the emulator, which names no
 * domain, it counts where it names this machine. Never throws.
 */
export function rootOf({ requestContext, headers }: APIGatewayProxyEvent, path: string): string {
  const { domainName, apiId, stage } = requestContext ?? {};
  if (domainName !== undefined && domainName !== "")
    return `https://${domainName}${prefixOf(requestContext, path, domainName)}`;
  const host = Object.entries(headers ?? {})
    .find(([name]) => name.toLowerCase() === "host")?.[1]
    ?.toLowerCase();
  if (host === undefined || !LOOPBACK.test(host) || !apiId || !stage) return RELATIVE_ROOT;
  return host.startsWith(`${apiId}.`)
    ? `http://${host}/${stage}`
    : `http://${host}/_aws/execute-api/${apiId}/${stage}`;
}

/** What stands before the API's own path: the stage, or the base path of a custom domain. */
function prefixOf(
  { path: whole, stage }: APIGatewayProxyEvent["requestContext"],
  path: string,
  domainName: string,
): string {
  for (const text of [whole ?? "", decoded(whole ?? "")])
    if (text.endsWith(path)) return text.slice(0, -path.length);
  return domainName.includes(".execute-api.") ? `/${stage}` : "";
}

function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

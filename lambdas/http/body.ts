import { InvalidInput, ServiceError } from "../platform/service-error.ts";
import { parseStrictJson } from "../platform/strict-json.ts";
import type { ApiRequest } from "./api-request.ts";

const MOST_BYTES = 64 * 1024;

/**
 * The JSON of a request.
 *
 * @throws ServiceError `unsupported_media_type`, `payload_too_large`, `malformed_json`, or `invalid_request` for a name
 * that no object of this language can be trusted with
 */
export function readJson({ headers, body }: Pick<ApiRequest, "headers" | "body">): unknown {
  const [mediaType = ""] = (headers["content-type"] ?? "").split(";");
  if (mediaType.trim().toLowerCase() !== "application/json")
    throw new ServiceError("unsupported_media_type", {
      detail: "Send the body as JSON, with `Content-Type: application/json`.",
    });
  if (body.byteLength > MOST_BYTES)
    throw new ServiceError("payload_too_large", {
      detail: `The body has ${body.byteLength} bytes; at most ${MOST_BYTES} are accepted.`,
    });
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new ServiceError("malformed_json", {
      detail: body.byteLength === 0 ? "The body is empty." : "The body is not valid JSON in UTF-8.",
    });
  }
}

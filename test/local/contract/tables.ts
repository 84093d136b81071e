/** The API's routes, and what each answers when nothing is wrong. */
export const ROUTES: Readonly<Record<string, readonly number[]>> = {
  "POST /v1/generations": [201, 202],
  "GET /v1/generations": [200],
  "GET /v1/generations/{id}": [200, 304],
  "DELETE /v1/generations/{id}": [204],
  "GET /v1/generations/{id}/image": [302],
  "HEAD /v1/generations/{id}/image": [302],
  "GET /v1/generations/{id}/images/{index}": [302],
  "HEAD /v1/generations/{id}/images/{index}": [302],
  "GET /v1/generations/{id}/history": [200, 304],
  "POST /v1/generations/{id}/cancel": [200],
  "POST /v1/batches": [202],
  "GET /v1/batches/{id}": [200],
  "POST /v1/images/generations": [200],
  "GET /v1/models": [200],
  "GET /v1/models/{id}": [200],
  "GET /v1/openapi.json": [200],
  "GET /v1/docs": [200],
  "GET /v1/health": [200],
};

export const OPEN = ["GET /v1/openapi.json", "GET /v1/docs", "GET /v1/health"];

/** Every code a problem may have, and its status. */
export const CODES: Readonly<Record<string, number>> = {
  malformed_json: 400,
  unauthorized: 401,
  budget_exceeded: 402,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_request: 422,
  idempotency_key_reused: 422,
  content_rejected: 422,
  provider_rejected: 422,
  rate_limited: 429,
  internal: 500,
  provider_unavailable: 502,
  provider_misconfigured: 502,
  image_unavailable: 502,
  provider_throttled: 503,
  upstream_outcome_unknown: 504,
  deadline_exceeded: 504,
};

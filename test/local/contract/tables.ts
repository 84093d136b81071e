/** The API's routes, and what each answers when nothing is wrong. */
export const ROUTES: Readonly<Record<string, readonly number[]>> = {
  "POST /generations": [201, 202],
  "GET /generations": [200],
  "GET /generations/{id}": [200, 304],
  "DELETE /generations/{id}": [204],
  "GET /generations/{id}/image": [302],
  "HEAD /generations/{id}/image": [302],
  "GET /generations/{id}/images/{index}": [302],
  "HEAD /generations/{id}/images/{index}": [302],
  "GET /generations/{id}/history": [200, 304],
  "POST /generations/{id}/cancel": [200],
  "POST /batches": [202],
  "GET /batches/{id}": [200],
  "POST /images/generations": [200],
  "GET /models": [200],
  "GET /models/{id}": [200],
  "GET /openapi.json": [200],
  "GET /docs": [200],
  "GET /health": [200],
};

export const OPEN = ["GET /openapi.json", "GET /docs", "GET /health"];

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

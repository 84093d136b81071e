import type { oas31 } from "zod-openapi";
import type { AnswerHeader } from "./operation.ts";

type Header = oas31.HeaderObject;

/** Headers of every answer. */
export const COMMON_HEADERS: Record<string, Header> = {
  "x-request-id": { description: "Names this request in our logs.", schema: { type: "string" } },
  "Cache-Control": {
    description: "`no-store` on everything that can change.",
    schema: { type: "string" },
    example: "no-store",
  },
};

/** Headers of every answer to a caller with a key. */
export const QUOTA_HEADERS: Record<string, Header> = {
  "RateLimit-Policy": {
    description: "Requests per window of seconds (draft-ietf-httpapi-ratelimit-headers).",
    schema: { type: "string" },
    example: '"requests";q=60;w=60',
  },
  RateLimit: {
    description: "Requests that remain, and seconds until the next window.",
    schema: { type: "string" },
    example: '"requests";r=59;t=30',
  },
  "x-ratelimit-limit-requests": { description: "The same, OpenAI's way.", schema: { type: "integer" } },
  "x-ratelimit-remaining-requests": { description: "The same, OpenAI's way.", schema: { type: "integer" } },
  "x-ratelimit-reset-requests": {
    description: "The same, OpenAI's way.",
    schema: { type: "string" },
    example: "30s",
  },
};

/** Headers that some answers have. */
export const ANSWER_HEADERS: Record<AnswerHeader, Header> = {
  ETag: {
    description: "Changes with the record; a new presigned address or estimate is no change.",
    schema: { type: "string" },
    example: '"Xq3mZ0aP8rTzKp1c5v9LwA"',
  },
  "Idempotent-Replayed": {
    description: "The idempotency key was known: this is what it named before.",
    schema: { type: "string", enum: ["true"] },
  },
  Link: { description: 'The next page: `<…>; rel="next"`. Absent on the last.', schema: { type: "string" } },
  Location: { description: "Where it is.", schema: { type: "string" } },
  "Preference-Applied": {
    description: "What was followed of `Prefer`.",
    schema: { type: "string" },
    example: "wait=10",
  },
  "Retry-After": { description: "When to ask again, in whole seconds.", schema: { type: "integer" } },
  "WWW-Authenticate": {
    description: "How to authenticate: with an API key as the bearer token.",
    schema: { type: "string" },
    example: "Bearer",
  },
  "x-digital-source-type": {
    description: "IPTC's word for how the picture was made, where the file itself says so too.",
    schema: { type: "string" },
    example: "trainedAlgorithmicMedia",
  },
  "x-generation-id": { description: "The generation behind this answer.", schema: { type: "string" } },
  "x-image-size": {
    description: "The size that was painted, where another was asked for the model's nearest in shape.",
    schema: { type: "string" },
    example: "1328x1328",
  },
  "x-should-retry": {
    description: "Tells OpenAI's SDKs whether to send again.",
    schema: { type: "string", enum: ["true", "false"] },
  },
};

import { meaningOf } from "./pages/problem-page.ts";

const ID = "gen_3x7m9qk2v5t8r4w6y1z0abcdef";
const self = `/v1/generations/${ID}`;

const base = {
  id: ID,
  object: "generation",
  model: "qwen-image-max",
  created_at: "2026-03-01T12:00:00.000Z",
  deadline: "2026-03-02T12:00:00.000Z",
  input: {
    prompt: "A red fox in fresh snow, morning light",
    negative_prompt: null,
    size: "1664*928",
    n: 1,
    seed: 7,
    prompt_extend: true,
    watermark: false,
  },
  batch: null,
  warnings: [],
  metadata: { order: "123" },
  urls: { self, image: `${self}/image`, cancel: `${self}/cancel`, history: `${self}/history` },
};

const unpaid = { images: 0, cost: "0", currency: "USD", billed: "no" };

const image = {
  content_type: "image/png",
  width: 1664,
  height: 928,
  bytes: 1848320,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  bucket: "image-service-prod",
  key: `generations/${ID}.png`,
  url: `https://image-service-prod.s3.amazonaws.com/generations/${ID}.png?X-Amz-Signature=...`,
  url_expires_at: "2026-03-01T13:00:21.000Z",
};

export const succeeded = {
  ...base,
  status: "succeeded",
  started_at: "2026-03-01T12:00:01.000Z",
  completed_at: "2026-03-01T12:00:21.000Z",
  estimated_start_at: null,
  image,
  images: [{ index: 0, ...image }],
  usage: { images: 1, cost: "0.075", currency: "USD", billed: "yes" },
  provider: { region: "sg", request_id: "0b1d9a4e-6c3f-9f0e-8a55-2f6f3a3f8f11" },
  provenance: {
    digital_source_type: "trainedAlgorithmicMedia",
    marked: ["iptc"],
    source_sha256: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
  },
  attempts: 1,
  waiting: null,
  error: null,
};

const queued = {
  ...base,
  status: "queued",
  started_at: null,
  completed_at: null,
  estimated_start_at: "2026-03-01T12:01:30.000Z",
  image: null,
  images: [],
  usage: unpaid,
  provider: { region: "sg", request_id: null },
  provenance: null,
  attempts: 0,
  waiting: {
    for: "slot",
    reason: "in_line",
    detail: "It waits for its slot of the provider's quota.",
    since: "2026-03-01T12:00:00.000Z",
    tries: 0,
    next_at: "2026-03-01T12:01:30.000Z",
  },
  error: null,
};

const running = {
  ...queued,
  status: "running",
  started_at: "2026-03-01T12:00:01.000Z",
  estimated_start_at: null,
  usage: { images: 0, cost: null, currency: "USD", billed: "unknown" },
  attempts: 1,
  waiting: {
    for: "provider",
    reason: "painting",
    detail: "The provider is asked and has not answered yet.",
    since: "2026-03-01T12:00:01.000Z",
    tries: 1,
    next_at: "2026-03-01T12:05:31.000Z",
  },
};

const canceled = {
  ...queued,
  status: "canceled",
  completed_at: "2026-03-01T12:00:10.000Z",
  estimated_start_at: null,
  waiting: null,
};

const failed = {
  ...canceled,
  status: "failed",
  started_at: "2026-03-01T12:00:01.000Z",
  provider: { region: "sg", request_id: "0b1d9a4e-6c3f-9f0e-8a55-2f6f3a3f8f11" },
  attempts: 1,
  error: {
    code: "content_rejected",
    message: "The provider's moderation refused the content.",
    retryable: false,
    billed: "no",
    provider: {
      code: "DataInspectionFailed",
      message: "Input data may contain inappropriate content.",
      request_id: "0b1d9a4e-6c3f-9f0e-8a55-2f6f3a3f8f11",
    },
  },
};

const happened = (at: string, event: string, attempt: number, detail: string | null = null) => ({
  at,
  event,
  attempt,
  detail,
  provider: null,
  count: 1,
  last_at: at,
});

const history = {
  object: "list",
  data: [
    happened("2026-03-01T12:00:00.000Z", "accepted", 0),
    happened("2026-03-01T12:00:01.000Z", "claimed", 1),
    {
      ...happened("2026-03-01T12:00:10.000Z", "refused_by_provider", 1),
      provider: { code: "DataInspectionFailed", request_id: "0b1d9a4e-6c3f-9f0e-8a55-2f6f3a3f8f11" },
    },
    happened("2026-03-01T12:00:10.000Z", "ended", 1, "The provider's moderation refused the content."),
  ],
};

const createBodies = {
  shortest: { prompt: "A red fox in fresh snow, morning light" },
  everything: {
    prompt: "A red fox in fresh snow, morning light",
    negative_prompt: "people, text",
    model: "qwen-image-max",
    size: "1664*928",
    n: 1,
    seed: 7,
    prompt_extend: true,
    watermark: false,
    metadata: { order: "123" },
    on_unknown_outcome: "fail",
  },
};

const batchBodies = {
  items: {
    items: [createBodies.shortest, { prompt: "A hare in long grass", size: "1328*1328" }],
    metadata: { campaign: "winter" },
  },
  manifest: { manifest: { bucket: "image-service-prod", key: "manifests/shop/july.jsonl" } },
};

const manifestPlace = {
  object: "manifest",
  bucket: "image-service-prod",
  key: "manifests/shop/5t8r4w6y1z0abcdef3x7m9qk2v",
  bytes: 48213,
  method: "PUT",
  url: "https://image-service-prod.s3.amazonaws.com/manifests/shop/5t8r4w6y1z0abcdef3x7m9qk2v?X-Amz-Signature=...",
  url_expires_at: "2026-03-01T12:15:00.000Z",
};

export const batch = {
  id: "bat_3x7m9qk2v5t8r4w6y1z0abcdef",
  object: "batch",
  status: "processing",
  created_at: "2026-03-01T12:00:00.000Z",
  canceled_at: null,
  completed_at: null,
  deadline: "2026-03-08T12:00:00.000Z",
  counts: {
    total: 2,
    queued: 1,
    running: 0,
    succeeded: 1,
    failed: 0,
    canceled: 0,
    expired: 0,
    invalid: 0,
  },
  usage: { images: 1, cost: "0.075", currency: "USD", billed: "yes" },
  results: null,
  error: null,
  items: [
    { line: 1, custom_id: null, generation_id: ID, errors: [] },
    { line: 2, custom_id: null, generation_id: "gen_5t8r4w6y1z0abcdef3x7m9qk2v", errors: [] },
  ],
  metadata: { campaign: "winter" },
  urls: {
    self: "/v1/batches/bat_3x7m9qk2v5t8r4w6y1z0abcdef",
    generations: "/v1/generations?batch=bat_3x7m9qk2v5t8r4w6y1z0abcdef",
    cancel: "/v1/batches/bat_3x7m9qk2v5t8r4w6y1z0abcdef/cancel",
  },
};

const endedBatch = {
  ...batch,
  status: "completed",
  completed_at: "2026-03-01T12:01:00.000Z",
  counts: { ...batch.counts, queued: 0, succeeded: 2 },
  usage: { ...batch.usage, images: 2, cost: "0.15" },
  results: {
    bucket: "image-service-prod",
    key: "results/shop/bat_3x7m9qk2v5t8r4w6y1z0abcdef.jsonl",
    url: "https://image-service-prod.s3.amazonaws.com/results/shop/bat_3x7m9qk2v5t8r4w6y1z0abcdef.jsonl?X-Amz-Signature=...",
    url_expires_at: "2026-03-01T13:01:00.000Z",
  },
};

const canceledBatch = { ...batch, canceled_at: "2026-03-01T12:00:30.000Z" };

const openAiBodies = {
  shortest: createBodies.shortest,
  inline: {
    model: "qwen-image-max",
    prompt: "A red fox",
    size: "1328x1328",
    response_format: "b64_json",
  },
};

const month = {
  object: "usage",
  month: "2026-11",
  images: 12,
  cost: "0.9",
  unknown: "0",
  held: "0.15",
  currency: "USD",
  budget: { limit: "100", remaining: "98.95" },
  models: [{ model: "qwen-image-max", images: 12, cost: "0.9", unknown: "0", held: "0.15", currency: "USD" }],
};

const pageOf = (entry: unknown) => ({ object: "list", data: [entry], has_more: false, next_cursor: null });

/** By their names, which the reference shows. */
type Named = Readonly<Record<string, unknown>>;

/** What the reference shows of an operation, by its id: bodies that may be sent, and those of each status. */
export const EXAMPLES: Readonly<Record<string, { readonly body?: Named; readonly [status: number]: Named }>> =
  {
    createGeneration: { body: createBodies, 201: { succeeded }, 202: { queued } },
    readGeneration: { 200: { succeeded, running, failed } },
    listGenerations: { 200: { page: pageOf(succeeded) } },
    readHistory: { 200: { refused: history } },
    cancelGeneration: { 200: { canceled } },
    createOpenAiImage: {
      body: openAiBodies,
      200: { url: { created: 1772366421, data: [{ url: image.url }] } },
    },
    createBatch: { body: batchBodies, 202: { processing: batch } },
    readBatch: { 200: { processing: batch, completed: endedBatch } },
    listBatches: { 200: { page: pageOf(endedBatch) } },
    placeManifest: { body: { csv: { bytes: manifestPlace.bytes } }, 201: { place: manifestPlace } },
    cancelBatch: { 200: { canceled: canceledBatch } },
    readUsage: { 200: { month } },
    readProblem: { 200: { rejected: meaningOf("content_rejected") } },
    health: { 200: { alive: { status: "ok" } } },
  };

import * as z from "zod";
import { requireBudget } from "../../budgets/cover.ts";
import type { RemainingBudget } from "../../budgets/table.ts";
import { mostCharges } from "../../generations/charges.ts";
import { type OpenLimitNeeds, requireOpenLimit } from "../../generations/open-limit.ts";
import type { RequestSchema } from "../../generations/request.ts";
import { cancelAfter, idempotencyKey } from "../../http/header-schemas.ts";
import { BODY_FAULTS, NO_QUERY, type Operation, operation } from "../../http/operation.ts";
import { BATCH_DEADLINE_SECONDS } from "../../platform/duration.ts";
import { batchId } from "../../platform/ids.ts";
import { millionthsOf } from "../../platform/money.ts";
import { InvalidInput, ServiceError } from "../../platform/service-error.ts";
import { type Offer, priceIn } from "../../providers/registry.ts";
import { manifestFolder } from "../addresses.ts";
import type { Manifests } from "../manifests.ts";
import { type Batch, MOST_MANIFEST_BYTES } from "../record.ts";
import { type BatchRequest, batchHash, batchRequestSchema } from "../request.ts";
import { acceptBatch } from "../steps.ts";
import type { BatchStore } from "../table.ts";
import { batchView } from "../view.ts";
import { type BatchReplyNeeds, batchReply } from "./reply.ts";

type CreateBatchNeeds = OpenLimitNeeds &
  BatchReplyNeeds & {
    readonly batches: Pick<BatchStore, "insert" | "get">;
    readonly manifests: Pick<Manifests, "bucket" | "look">;
    readonly remainingBudget: RemainingBudget;
    readonly offer: Offer;
    readonly now: () => number;
    readonly signal: (name: "BatchesAccepted", fields: { readonly batch_id: string }) => void;
  };

const requestHeaders = z.object({
  "idempotency-key": idempotencyKey,
  "cancel-after": cancelAfter.meta({
    description:
      "Sets the deadline of all its generations, counted from now: what is still queued then ends as `expired`. From 5 s to 7 days; 7 days by default.",
    example: "48h",
  }),
});

/** `POST /v1/batches`: many intents in one. */
export function createBatch(schema: RequestSchema): Operation<CreateBatchNeeds> {
  return operation({
    method: "POST",
    path: "/v1/batches",
    operationId: "createBatch",
    tag: "Batches",
    summary: "Create a batch",
    description:
      "Creates many generations: `items` inline, or a `manifest` in the service's bucket below `manifests/OWNER/`, where `POST /v1/batches/manifests` puts one, or `aws s3 cp` with credentials of the service's AWS account. A manifest is JSON lines of create bodies; lines of OpenAI's Batch API (`custom_id`, `url`, `body`, where `url` is `/v1/images/generations` or `/v1/generations`); or CSV, whose first line names the columns: create fields, `custom_id` and `metadata.NAME`. It must not change until its batch is expanded. Lines that are no valid request are counted and named in the batch; they don't hold up the others. Where a budget does not cover all items, or one picture of a manifest, the batch is refused; a line that it does not cover later counts as invalid. Each line becomes an ordinary generation, and is painted after everything that a person waits for. Batch and key are kept for the retention from the batch's end on.",
    requestHeaders,
    query: NO_QUERY,
    body: batchRequestSchema(schema),
    answers: {
      202: {
        description: "It is accepted; its generations are made and painted one after the other.",
        schema: batchView,
        headers: ["Location", "Retry-After", "Idempotent-Replayed"],
      },
    },
    problems: [...BODY_FAULTS, "idempotency_key_reused", "budget_exceeded"],
    async handle({ caller: { owner }, headers, body, request }, dependencies: CreateBatchNeeds) {
      const key = headers["idempotency-key"] ?? null;
      const known = key === null ? null : await dependencies.batches.get(batchId(owner, key));
      const { batch, replayed } =
        known === null ? await accept(body, owner, headers, dependencies) : { batch: known, replayed: true };
      if (replayed && batch.request_hash !== batchHash(body)) throw keyReused(batch);
      if (!replayed) dependencies.signal("BatchesAccepted", { batch_id: batch.id });
      return batchReply(
        batch,
        {
          status: 202,
          root: request.root,
          headers: {
            Location: `${request.root}/batches/${batch.id}`,
            ...(replayed && { "Idempotent-Replayed": "true" }),
          },
        },
        dependencies,
      );
    },
  });
}

/** One conditional put, which everything else follows from. Of two at the same moment one is the other's repetition. */
async function accept(
  request: BatchRequest,
  owner: string,
  headers: z.output<typeof requestHeaders>,
  dependencies: CreateBatchNeeds,
): Promise<{ batch: Batch; replayed: boolean }> {
  const { offer } = dependencies;
  const [first] = request.items ?? [];
  const model = first?.model ?? offer.models[0].id;
  await requireOpenLimit({ owner, lane: "batch", idempotencyKey: null, request: { model } }, dependencies);
  const etag = request.manifest === undefined ? "" : await tagOf(request.manifest, owner, dependencies);
  await requireBudget(owner, pricesOf(request, offer), dependencies);
  const accepted = acceptBatch({
    request,
    owner,
    idempotencyKey: headers["idempotency-key"] ?? null,
    deadlineSeconds: headers["cancel-after"] ?? BATCH_DEADLINE_SECONDS,
    currency: offer.currency,
    etag,
    now: dependencies.now(),
  });
  const existing = await dependencies.batches.insert(accepted);
  return { batch: existing ?? accepted, replayed: existing !== null };
}

/** What its pictures may cost where they are known, a price for each call; of those in a manifest one of the cheapest. */
function pricesOf({ items }: BatchRequest, offer: Offer): string[] {
  if (items !== undefined)
    return items.flatMap((item) =>
      Array.from({ length: mostCharges(item) }, () => priceIn(offer, item.model, item.size)?.amount ?? "0"),
    );
  const costs = offer.models.flatMap(({ pricing }) => pricing.output.map(({ cost }) => cost));
  return costs.sort((a, b) => millionthsOf(a) - millionthsOf(b)).slice(0, 1);
}

/** The entity tag of a manifest that this owner may name. */
async function tagOf(
  { bucket, key }: NonNullable<BatchRequest["manifest"]>,
  owner: string,
  { manifests }: Pick<CreateBatchNeeds, "manifests">,
): Promise<string> {
  const refuse = (field: string, detail: string) =>
    new InvalidInput([{ pointer: `#/manifest/${field}`, detail }]);
  if (bucket !== manifests.bucket)
    throw refuse("bucket", `must be the service's own bucket, ${manifests.bucket}: it reads no other`);
  const folder = manifestFolder(owner);
  if (!key.startsWith(folder)) throw refuse("key", `must start with ${folder}`);
  const found = await manifests.look(key);
  if (found === null) throw refuse("key", "names nothing that can be read");
  if (found.bytes > MOST_MANIFEST_BYTES)
    throw refuse("key", `names ${found.bytes} bytes; at most ${MOST_MANIFEST_BYTES} are accepted`);
  return found.etag;
}

function keyReused({ id }: Batch): ServiceError {
  return new ServiceError("idempotency_key_reused", {
    detail: `This idempotency key belongs to ${id}, which was created with another body.`,
    instance: `/v1/batches/${id}`,
    errors: [{ pointer: "#/headers/idempotency-key", detail: "belongs to another request" }],
  });
}

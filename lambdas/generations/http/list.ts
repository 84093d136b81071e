import * as z from "zod";
import type { Cursors } from "../../http/cursor.ts";
import { idempotencyKey } from "../../http/header-schemas.ts";
import { NO_BODY, NO_HEADERS, operation } from "../../http/operation.ts";
import { pageQuery, pageReply, pageSchema } from "../../http/page.ts";
import { BATCH_ID, idForKey } from "../../platform/ids.ts";
import { ServiceError } from "../../platform/service-error.ts";
import { type GenerationListing, type ListingPage, type ListingQuery, positionOf } from "../listing.ts";
import { owned } from "../owned.ts";
import { type PresentNeeds, present, type ReadNeeds } from "../read.ts";
import { type Generation, statusOf, statusSchema } from "../record.ts";
import { type GenerationView, generationView } from "../view.ts";

/** Lambda answers with 6 MB at most; generations with the longest prompts would be more, 100 at a time. */
const MOST_BYTES = 5_500_000;

const moment = z.iso.datetime({ offset: true, error: "must be an RFC 3339 time" });
const end = Date.parse("9999-12-31T23:59:59.999Z");
const time = moment.transform((text) => Math.min(Math.max(Date.parse(text), 0), end));

const query = z.strictObject({
  ...pageQuery,
  status: statusSchema.optional().meta({ description: "Only those in this status." }),
  created_after: time.optional().meta({ description: "Only those created later than this time." }),
  created_before: time.optional().meta({ description: "Only those created earlier than this time." }),
  idempotency_key: idempotencyKey.meta({ description: "Only the one of this idempotency key." }),
  batch: z
    .string()
    .regex(BATCH_ID, { error: "must be the id of a batch, bat_…" })
    .optional()
    .meta({ description: "Only those of this batch, its last line first." }),
});

type Query = z.output<typeof query>;

const listSchema = pageSchema(generationView).meta({ id: "GenerationList" });

type ListNeeds = ReadNeeds &
  PresentNeeds & {
    readonly listing: Pick<GenerationListing, "page">;
    readonly cursors: Cursors;
  };

/** `GET /v1/generations`. */
export const listGenerations = operation({
  method: "GET",
  path: "/v1/generations",
  operationId: "listGenerations",
  tag: "Generations",
  summary: "List your generations",
  description:
    "Newest first. `next_cursor` leads to the next page, as does the `Link` header; it is bound to the owner and the filters. A page can be shorter than `limit` and still have a next one. What was created within the last moments may not be listed yet, and `estimated_start_at` is null here: read a generation for it.",
  requestHeaders: NO_HEADERS,
  query,
  body: NO_BODY,
  answers: {
    200: {
      description: "A page of your generations.",
      schema: listSchema,
      headers: ["Link"],
    },
  },
  problems: ["invalid_request"],
  async handle({ caller, query: asked, request }, dependencies: ListNeeds) {
    const binding = {
      owner: caller.owner,
      filters: [
        asked.status ?? null,
        asked.created_after ?? null,
        asked.created_before ?? null,
        asked.idempotency_key ?? null,
        ...(asked.batch === undefined ? [] : [asked.batch]),
      ],
    };
    const after = asked.after === undefined ? null : await dependencies.cursors.read(asked.after, binding);
    const wanted: ListingQuery = {
      owner: caller.owner,
      status: asked.status ?? null,
      batch: asked.batch ?? null,
      createdAfter: asked.created_after ?? null,
      createdBefore: asked.created_before ?? null,
      after,
      limit: asked.limit,
    };
    const page =
      asked.idempotency_key === undefined
        ? await dependencies.listing.page(wanted)
        : await pageOfKey(asked.idempotency_key, wanted, dependencies);
    const { data, next } = await fitting(page, wanted.batch ?? null, request.root, dependencies);
    const cursor = next === null ? null : await dependencies.cursors.write(next, binding);
    return pageReply(
      { data, cursor },
      { root: request.root, path: "/generations", query: parametersOf(asked) },
    );
  },
});

/** The key decides the id, so this list is one read. */
async function pageOfKey(key: string, wanted: ListingQuery, dependencies: ReadNeeds): Promise<ListingPage> {
  const found = await ofKey(key, wanted.owner, dependencies);
  const fits =
    found !== null &&
    (wanted.status === null || statusOf(found) === wanted.status) &&
    (wanted.batch === null || found.batch_id === wanted.batch) &&
    (wanted.createdAfter === null || Date.parse(found.created_at) > wanted.createdAfter) &&
    (wanted.createdBefore === null || Date.parse(found.created_at) < wanted.createdBefore);
  return { generations: fits ? [found] : [], next: null };
}

async function ofKey(key: string, owner: string, dependencies: ReadNeeds): Promise<Generation | null> {
  try {
    return await owned(idForKey(owner, key), owner, dependencies);
  } catch (error) {
    if (error instanceof ServiceError && error.code === "not_found") return null;
    throw error;
  }
}

/** As much of a page as one answer can hold. */
async function fitting(
  page: ListingPage,
  batch: string | null,
  root: string,
  dependencies: PresentNeeds,
): Promise<{ data: GenerationView[]; next: string | null }> {
  const data: GenerationView[] = [];
  let bytes = 0;
  let last: Generation | undefined;
  for (const generation of page.generations) {
    const view = await present(generation, dependencies, { root });
    // Twice, as the body is a text within the function's own answer in JSON.
    bytes += Buffer.byteLength(JSON.stringify(JSON.stringify(view)));
    if (bytes > MOST_BYTES && last !== undefined) return { data, next: positionOf(last, batch) };
    data.push(view);
    last = generation;
  }
  return { data, next: page.next };
}

function parametersOf(asked: Query): Record<string, string | undefined> {
  const iso = (time?: number) => (time === undefined ? undefined : new Date(time).toISOString());
  return {
    limit: String(asked.limit),
    status: asked.status,
    created_after: iso(asked.created_after),
    created_before: iso(asked.created_before),
    batch: asked.batch,
  };
}

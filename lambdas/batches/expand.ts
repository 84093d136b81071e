import { plan } from "../generations/create.ts";
import type { RequestSchema } from "../generations/request.ts";
import type { GenerationStore } from "../generations/table.ts";
import { cancel } from "../generations/transitions/queued.ts";
import { lineKeyOf } from "../platform/ids.ts";
import { Contended, ServiceError } from "../platform/service-error.ts";
import type { Offer } from "../providers/registry.ts";
import { linesOfManifest } from "./dialects.ts";
import { jsonLine } from "./json-lines.ts";
import { type BodyReaders, customIdsOf, type Line, readLine } from "./lines.ts";
import type { Manifests } from "./manifests.ts";
import { type AcceptedBatch, type LineFaults, MOST_LINES, type ReadBatch } from "./record.ts";
import type { BatchResults } from "./results.ts";
import { checkpointBatch, failBatch, finishBatch, keptFaults } from "./steps.ts";
import type { BatchStore } from "./table.ts";

export interface Expander {
  readonly batches: Pick<BatchStore, "save">;
  readonly generations: Pick<GenerationStore, "insert" | "save">;
  readonly manifests: Pick<Manifests, "read">;
  readonly results: Pick<BatchResults, "keepInvalid">;
  readonly schema: RequestSchema;
  readonly readers: BodyReaders;
  readonly offer: Offer;
  readonly quotaOf: (model: string) => number;
  readonly now: () => number;
  readonly random: () => number;
  /** Whether there is time for another hundred lines. */
  readonly hasTime: () => boolean;
  readonly signal: (name: "GenerationsAccepted" | "BatchesFailed", count: number) => void;
}

/** Lines between two checkpoints. */
const CHUNK = 100;
const WRITES_AT_ONCE = 20;

/**
 * Makes the generations of a batch. The id of each follows from batch and line, and a checkpoint is written after
 * each hundred, so that it may be done by several at once, break off anywhere and be repeated: no line is made twice,
 * none is passed over. Of a canceled batch the rest is made as canceled, so that no other run makes it after all.
 * Answers the batch once all is read; `out of time`, or `overtaken` by another run or a cancel, where it is not.
 */
export async function expand(
  batch: AcceptedBatch,
  expander: Expander,
): Promise<ReadBatch | "out of time" | "overtaken"> {
  const { batches, results, now, signal } = expander;
  const lines = await linesOf(batch, expander);
  if (typeof lines === "string") {
    const failed = failBatch(batch, { now: now(), code: "invalid_request", message: lines });
    if (!(await batches.save(failed))) return "overtaken";
    signal("BatchesFailed", 1);
    return failed;
  }
  let latest = batch;
  const customIds = customIdsOf(lines);
  const rest = lines.filter(({ number }) => number > batch.position);
  for (let start = 0; start < rest.length; start += CHUNK) {
    if (!expander.hasTime()) return "out of time";
    const chunk = rest.slice(start, start + CHUNK);
    const outcomes = await makeAll(chunk, latest, { ...expander, customIds });
    const faults = outcomes.flatMap((outcome) => (typeof outcome === "string" ? [] : keptFaults(outcome)));
    signal("GenerationsAccepted", outcomes.filter((outcome) => outcome === "made").length);
    const position = chunk.at(-1)?.number ?? latest.position;
    // Before the checkpoint that names it.
    if (faults.length > 0) await results.keepInvalid(latest, position, faults);
    latest = checkpointBatch(latest, { now: now(), position, total: lines.length, faults });
    if (!(await batches.save(latest))) return "overtaken";
  }
  const read = finishBatch(latest, now());
  return (await batches.save(read)) ? read : "overtaken";
}

/** The lines of a batch; a text for its owner where they can't be had. */
async function linesOf({ source }: AcceptedBatch, { manifests, schema }: Expander): Promise<Line[] | string> {
  if (source.kind === "inline")
    return source.lines.map((line, index) => jsonLine(index + 1, Buffer.from(line)));
  const file = await manifests.read(source.key, source.etag);
  if (file === null) return "The manifest was changed or removed before all of it was read.";
  const lines = linesOfManifest(file, source.key, schema);
  if (typeof lines !== "string" && lines.length > MOST_LINES)
    return `The manifest has ${lines.length} lines; at most ${MOST_LINES} are accepted. Nothing was created.`;
  return lines;
}

/** Its generation is made, was there before, or can't be made. */
type Outcome = "made" | "there" | LineFaults;

type Maker = Expander & { readonly customIds: ReturnType<typeof customIdsOf> };

async function makeAll(lines: readonly Line[], batch: AcceptedBatch, expander: Maker): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < lines.length; start += WRITES_AT_ONCE) {
    const some = lines.slice(start, start + WRITES_AT_ONCE);
    outcomes.push(...(await Promise.all(some.map((line) => make(line, batch, expander)))));
  }
  return outcomes;
}

async function make(line: Line, batch: AcceptedBatch, expander: Maker): Promise<Outcome> {
  const read = readLine(line, expander.readers, expander.customIds);
  const { customId } = read;
  if ("errors" in read)
    return { line: line.number, custom_id: customId, code: "invalid_request", errors: [...read.errors] };
  const { owner, id, edition, deadline } = batch;
  const now = expander.now();
  const planned = plan(
    {
      request: read.request,
      owner,
      lane: "batch",
      idempotencyKey: lineKeyOf(id, line.number, edition),
      deadlineSeconds: (Date.parse(deadline) - now) / 1000,
      batch: { id, customId },
    },
    expander,
  );
  try {
    const isCanceled = batch.canceled_at !== null;
    const existing = await expander.generations.insert(isCanceled ? cancel(planned, now) : planned);
    if (existing === null) return "made";
    if (isCanceled && existing.state === "queued") await expander.generations.save(cancel(existing, now));
    return "there";
  } catch (error) {
    // A line that others hold up for a moment is no invalid line: the message comes again.
    if (!(error instanceof ServiceError) || error instanceof Contended) throw error;
    const errors = [{ pointer: "#", detail: error.extras.detail }];
    return { line: line.number, custom_id: customId, code: error.code, errors };
  }
}

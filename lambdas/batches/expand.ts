import { plan } from "../generations/create.ts";
import type { RequestSchema } from "../generations/request.ts";
import type { GenerationStore } from "../generations/table.ts";
import { lineKeyOf } from "../platform/ids.ts";
import { Contended, ServiceError } from "../platform/problems.ts";
import type { Offer } from "../providers/registry.ts";
import type { Expansions } from "./expansions.ts";
import { type Line, linesIn, readLine } from "./lines.ts";
import type { Manifests } from "./manifests.ts";
import { type AcceptedBatch, type LineFaults, MOST_LINES } from "./record.ts";
import { checkpointBatch, failBatch, finishBatch } from "./steps.ts";
import type { BatchStore } from "./table.ts";

interface Expander {
  readonly batches: Pick<BatchStore, "get" | "save">;
  readonly generations: Pick<GenerationStore, "insert">;
  readonly manifests: Pick<Manifests, "read">;
  readonly expansions: Expansions;
  readonly schema: RequestSchema;
  readonly offer: Offer;
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
 * none is passed over. Out of time it sends itself another message.
 */
export async function expand(id: string, expander: Expander): Promise<void> {
  const { batches, now, signal } = expander;
  const batch = await batches.get(id);
  if (batch === null || batch.state !== "accepted") return;
  const lines = await linesOf(batch, expander);
  if (typeof lines === "string") {
    const failed = failBatch(batch, { now: now(), code: "invalid_request", message: lines });
    if (await batches.save(failed)) signal("BatchesFailed", 1);
    return;
  }
  let latest = batch;
  const rest = lines.filter(({ number }) => number > batch.position);
  for (let start = 0; start < rest.length; start += CHUNK) {
    if (!expander.hasTime()) return expander.expansions.send([id]);
    const chunk = rest.slice(start, start + CHUNK);
    const outcomes = await makeAll(chunk, latest, expander);
    const faults = outcomes.flatMap((outcome) => (typeof outcome === "string" ? [] : outcome));
    signal("GenerationsAccepted", outcomes.filter((outcome) => outcome === "made").length);
    const position = chunk.at(-1)?.number ?? latest.position;
    latest = checkpointBatch(latest, { now: now(), position, total: lines.length, faults });
    // Another expander is ahead: it goes on from here, and its message lasts until it is done.
    if (!(await batches.save(latest))) return;
  }
  await batches.save(finishBatch(latest, now()));
}

/** The lines of a batch; a text for its owner where they can't be had. */
async function linesOf({ source }: AcceptedBatch, { manifests }: Expander): Promise<Line[] | string> {
  if (source.kind === "inline")
    return source.lines.map((line, index) => ({ number: index + 1, bytes: Buffer.from(line) }));
  const file = await manifests.read(source.key, source.etag);
  if (file === null) return "The manifest was changed or removed before all of it was read.";
  const lines = [...linesIn(file)];
  if (lines.length === 0) return "The manifest is empty.";
  if (lines.length > MOST_LINES)
    return `The manifest has ${lines.length} lines; at most ${MOST_LINES} are accepted. Nothing was created.`;
  return lines;
}

/** Its generation is made, was there before, or can't be made. */
type Outcome = "made" | "there" | LineFaults;

async function makeAll(lines: readonly Line[], batch: AcceptedBatch, expander: Expander): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let start = 0; start < lines.length; start += WRITES_AT_ONCE) {
    const some = lines.slice(start, start + WRITES_AT_ONCE);
    outcomes.push(...(await Promise.all(some.map((line) => make(line, batch, expander)))));
  }
  return outcomes;
}

async function make(line: Line, batch: AcceptedBatch, expander: Expander): Promise<Outcome> {
  const read = readLine(line, expander.schema);
  if ("errors" in read) return { line: line.number, errors: [...read.errors] };
  const { owner, id, deadline } = batch;
  const planned = plan(
    {
      request: read.request,
      owner,
      lane: "batch",
      idempotencyKey: lineKeyOf(id, line.number),
      deadlineSeconds: (Date.parse(deadline) - expander.now()) / 1000,
      batchId: id,
    },
    expander,
  );
  try {
    return (await expander.generations.insert(planned)) === null ? "made" : "there";
  } catch (error) {
    // A line that others hold up for a moment is no invalid line: the message comes again.
    if (!(error instanceof ServiceError) || error instanceof Contended) throw error;
    return { line: line.number, errors: [{ pointer: "#", detail: `${error.code}: ${error.extras.detail}` }] };
  }
}

import { Failure } from "../failure.ts";
import type { BatchResult } from "../sdk/client.ts";
import { type BatchJob, paintBatch } from "./paint-batch.ts";

/** Lines without a picture that are named; all of them are in the results. */
const NAMED = 10;

/** Paints a batch, tells how it ended, and throws where a line has no picture. */
export async function generateBatch(job: BatchJob): Promise<void> {
  const { batch, pictures, results, without } = await paintBatch(job);
  const { cost, currency, billed } = batch.usage;
  console.log(job.folder);
  const more = billed === "unknown" ? " or more: answers of the provider were lost" : "";
  console.error(
    `${pictures} of ${batch.counts.total} lines are painted: ${cost} ${currency}${more}, ${batch.id}`,
  );
  if (results !== null) console.error(`What became of each line: ${results}`);
  if (without.length === 0) return;
  const named = without.slice(0, NAMED).map(wordsOf);
  const rest = without.length - named.length;
  throw new Failure(
    [
      `${without.length} ${without.length === 1 ? "line has" : "lines have"} no picture:`,
      ...named,
      ...(rest > 0 ? [`and ${rest} more, in the results`] : []),
      "To try again, put these lines into a file of their own.",
    ].join("\n  "),
  );
}

function wordsOf({ line, custom_id, status, error }: BatchResult): string {
  const name = custom_id === null ? "" : ` (${custom_id})`;
  return `line ${line}${name}: ${error === null ? status : `${error.code}: ${error.message}`}`;
}

import { bodyAs } from "./answer.ts";
import type { CallOptions, Connection } from "./connection.ts";
import type { Generation } from "./generations.ts";
import { send } from "./send.ts";

/** Which generations to list. */
export interface ListOptions extends CallOptions {
  readonly status?: Generation["status"];
  /** RFC 3339. */
  readonly created_after?: string;
  readonly created_before?: string;
  /** Only those of this batch, its last line first. */
  readonly batch?: string;
  /** Only the one of this intent. */
  readonly idempotency_key?: string;
}

const PAGE = "100";

/** All of them, newest first, a page at a time as they are asked for. */
export async function* list(
  connection: Connection,
  { signal, ...filters }: ListOptions,
): AsyncGenerator<Generation, void, undefined> {
  for (let after: string | null = ""; after !== null; ) {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [name, value] of Object.entries({ ...filters, after: after || undefined }))
      if (value !== undefined) query.set(name, value);
    const page = bodyAs(
      await send(connection, { method: "GET", path: `/generations?${query}`, signal }),
      "list",
    );
    yield* page.data;
    after = page.next_cursor;
  }
}

import {
  type DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import type { Write } from "../budgets/table.ts";
import { writeUnlessRefused } from "../platform/conditional-write.ts";

/** Which condition did not hold: that of the record, or one of the writes that go with it. */
export type Written = "written" | "record refused" | "side write refused";

/**
 * Writes a record, together with others where there are any: all or nothing.
 *
 * @throws Contended where others write the same items at the same moment, time after time
 */
export async function putWith(
  client: DynamoDBDocumentClient,
  put: PutCommandInput,
  sideWrites: readonly Write[],
): Promise<Written> {
  const refused = await writeUnlessRefused(() =>
    sideWrites.length === 0
      ? client.send(new PutCommand(put))
      : client.send(new TransactWriteCommand({ TransactItems: [{ Put: put }, ...sideWrites] })),
  );
  if (refused === null) return "written";
  return refused[0] === true ? "record refused" : "side write refused";
}

/** List prices in us-east-1 in USD, as of November 2026; read at https://aws.amazon.com/pricing/. */
const MILLION = 1_000_000;
const LAMBDA_ARM_GB_SECOND = 0.0000133334;
const LAMBDA_REQUEST = 0.2 / MILLION;
const GATEWAY_REQUEST = 3.5 / MILLION;
const WRITE_UNIT = 0.625 / MILLION;
const READ_UNIT = 0.125 / MILLION;
const SQS_REQUEST = 0.4 / MILLION;
const EVENT = 1 / MILLION;
const S3_WRITE = 5 / MILLION;
const S3_READ = 0.4 / MILLION;
const S3_GB_MONTH = 0.023;
const LOG_GB = 0.5;

/** A picture as the provider delivers it. */
export const PICTURE_BYTES = 2_000_000;
const LOG_BYTES = 10_000;
/** A record is 1 to 3 KB; it stands in four indexes of keys, of which each transition moves about two. */
const UNITS_OF_A_WRITE = 2 + 2;
const WORKER_GB = 1;
const API_GB = 1;
const SMALL_GB = 0.5;
const RELAY_SECONDS = 0.05;
const AUTHORIZER_SECONDS = 0.02;
/** The stream hands over each of its changes, a few at a time. */
const RELAY_RUNS = 3;

/** What the calls of one picture cost, with the functions' time and a month of the picture. */
export function costOf(
  calls: ReadonlyMap<string, number>,
  { apiSeconds, workerSeconds }: { readonly apiSeconds: number; readonly workerSeconds: number },
): number {
  const count = (...names: readonly string[]) => names.reduce((sum, name) => sum + (calls.get(name) ?? 0), 0);
  const table =
    count("DynamoDB.PutItem", "DynamoDB.UpdateItem") * UNITS_OF_A_WRITE * WRITE_UNIT +
    // Two items in each, and a transaction costs twice.
    count("DynamoDB.TransactWriteItems") * 4 * WRITE_UNIT +
    count("DynamoDB.GetItem", "DynamoDB.Query") * READ_UNIT;
  // Lambda's own receive and delete besides.
  const queue = (count("SQS.SendMessageBatch", "SQS.ChangeMessageVisibility") + 2) * SQS_REQUEST;
  const bucket = count("S3.PUT") * S3_WRITE + (PICTURE_BYTES / 1e9) * S3_GB_MONTH;
  const lists = count("S3.GET") * S3_WRITE + count("S3.HEAD") * S3_READ;
  const functions =
    LAMBDA_ARM_GB_SECOND *
      (workerSeconds * WORKER_GB +
        apiSeconds * API_GB +
        (AUTHORIZER_SECONDS + RELAY_RUNS * RELAY_SECONDS) * SMALL_GB) +
    (3 + RELAY_RUNS) * LAMBDA_REQUEST;
  return (
    table +
    queue +
    bucket +
    lists +
    functions +
    GATEWAY_REQUEST +
    count("EventBridge.PutEvents") * EVENT +
    (LOG_BYTES / 1e9) * LOG_GB
  );
}

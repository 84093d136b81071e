const MILLION = 1_000_000;

/** List prices in us-east-1 in USD, as of November 2026; read at https://aws.amazon.com/pricing/. */
export const PRICES = {
  /** Of one GB on arm64. */
  lambdaSecond: 0.0000133334,
  lambdaRun: 0.2 / MILLION,
  gatewayRequest: 3.5 / MILLION,
  writeUnit: 0.625 / MILLION,
  readUnit: 0.125 / MILLION,
  queueCall: 0.4 / MILLION,
  event: 1 / MILLION,
  s3Write: 5 / MILLION,
  s3Read: 0.4 / MILLION,
  s3GbMonth: 0.023,
  logGb: 0.5,
  trace: 5 / MILLION,
  /** A month of each. */
  alarmMetric: 0.1,
  ownMetric: 0.3,
  secret: 0.4,
  dashboard: 3,
} as const;

/** A picture as the provider delivers it. */
export const PICTURE_BYTES = 2_000_000;
const LOG_BYTES = 10_000;
/** A record is 1 to 3 KB; it stands in four indexes of keys, of which each transition moves about two. */
const UNITS_OF_A_WRITE = 2 + 2;
const WORKER_GB = 1;
const API_GB = 1;
const RELAY_GB = 1;
const AUTHORIZER_GB = 0.5;
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
    count("DynamoDB.PutItem", "DynamoDB.UpdateItem") * UNITS_OF_A_WRITE * PRICES.writeUnit +
    // Two items in each, and a transaction costs twice.
    count("DynamoDB.TransactWriteItems") * 4 * PRICES.writeUnit +
    count("DynamoDB.GetItem", "DynamoDB.Query") * PRICES.readUnit;
  // Lambda's own receive and delete besides.
  const queue = (count("SQS.SendMessageBatch", "SQS.ChangeMessageVisibility") + 2) * PRICES.queueCall;
  const bucket = count("S3.PUT") * PRICES.s3Write + (PICTURE_BYTES / 1e9) * PRICES.s3GbMonth;
  const lists = count("S3.GET") * PRICES.s3Write + count("S3.HEAD") * PRICES.s3Read;
  const functions =
    PRICES.lambdaSecond *
      (workerSeconds * WORKER_GB +
        apiSeconds * API_GB +
        AUTHORIZER_SECONDS * AUTHORIZER_GB +
        RELAY_RUNS * RELAY_SECONDS * RELAY_GB) +
    (3 + RELAY_RUNS) * PRICES.lambdaRun;
  return (
    table +
    queue +
    bucket +
    lists +
    functions +
    PRICES.gatewayRequest +
    count("EventBridge.PutEvents") * PRICES.event +
    (LOG_BYTES / 1e9) * PRICES.logGb
  );
}

import { isDeepStrictEqual } from "node:util";
import * as z from "zod";

const resourceSchema = z.object({
  Type: z.string(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
type Resource = z.infer<typeof resourceSchema>;

/** As much of a CloudFormation template as tells what becomes of data. */
export const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema) });
export type Template = z.infer<typeof templateSchema>;

/** Something that a deployment would do to data, as the end of a sentence that starts with the resource. */
export interface Threat {
  readonly logicalId: string;
  readonly what: string;
}

/** Properties of the kinds that hold data: a change of the first makes a new, empty resource; all are kept on record. */
const KINDS: Readonly<Record<string, { replacing: readonly string[]; others: readonly string[] }>> = {
  "AWS::DynamoDB::Table": {
    replacing: ["TableName", "KeySchema", "LocalSecondaryIndexes"],
    others: [
      "DeletionProtectionEnabled",
      "GlobalSecondaryIndexes",
      "PointInTimeRecoverySpecification",
      "StreamSpecification",
      "TimeToLiveSpecification",
    ],
  },
  "AWS::S3::Bucket": { replacing: ["BucketName"], others: ["LifecycleConfiguration"] },
  "AWS::SecretsManager::Secret": { replacing: ["Name"], others: ["GenerateSecretString", "SecretString"] },
  "AWS::SQS::Queue": { replacing: ["QueueName", "FifoQueue"], others: ["MessageRetentionPeriod"] },
  "AWS::Logs::LogGroup": { replacing: ["LogGroupName"], others: ["RetentionInDays"] },
};

/** What of a template holds data, with the properties that decide about it: small enough to be kept and read. */
export function dataOf({ Resources }: Template): Template {
  const kept = Object.entries(Resources).flatMap(([id, { Properties, ...rest }]): [string, Resource][] => {
    const kind = KINDS[rest.Type];
    if (kind === undefined) return [];
    const names = [...kind.replacing, ...kind.others].filter((name) => Properties[name] !== undefined);
    return [[id, { ...rest, Properties: Object.fromEntries(names.map((name) => [name, Properties[name]])) }]];
  });
  return { Resources: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** What a deployment of `after` over `before` would replace, remove or keep for a shorter time. */
export function threatsTo(before: Template, after: Template): Threat[] {
  return Object.entries(dataOf(before).Resources).flatMap(([logicalId, old]) =>
    changesOf(old, after.Resources[logicalId]).map((what) => ({ logicalId, what })),
  );
}

function changesOf(old: Resource, now: Resource | undefined): string[] {
  if (now === undefined) return [`(${old.Type}) is removed`];
  if (now.Type !== old.Type) return [`(${old.Type}) is replaced by ${now.Type}`];
  const replaced = (KINDS[old.Type]?.replacing ?? [])
    .filter((name) => !isDeepStrictEqual(old.Properties[name], now.Properties[name]))
    .map((name) => `(${old.Type}) is replaced by an empty one: its ${name} changes`);
  const unkept = (["DeletionPolicy", "UpdateReplacePolicy"] as const)
    .filter((policy) => old[policy]?.startsWith("Retain") && !now[policy]?.startsWith("Retain"))
    .map((policy) => `loses its ${policy} ${old[policy]}`);
  return [...replaced, ...unkept, ...lossesIn(old.Type, old.Properties, now.Properties)];
}

type Properties = Resource["Properties"];

function lossesIn(type: string, old: Properties, now: Properties): string[] {
  switch (type) {
    case "AWS::DynamoDB::Table":
      return tableLosses(old, now);
    case "AWS::S3::Bucket":
      return shortenedExpirations(old, now);
    case "AWS::SecretsManager::Secret":
      return changed(old, now, ["GenerateSecretString", "SecretString"]).map(
        (name) => `gets a new value over the operator's: its ${name} changes`,
      );
    case "AWS::SQS::Queue":
      // What SQS takes where a template says nothing: four days.
      return shortened(old, now, "MessageRetentionPeriod", 345_600);
    default:
      return shortened(old, now, "RetentionInDays", Number.POSITIVE_INFINITY);
  }
}

const flag = (path: string) => z.object({ [path]: z.boolean() }).transform((object) => object[path]);
const indexes = z.array(z.object({ IndexName: z.string() })).catch([]);

function tableLosses(old: Properties, now: Properties): string[] {
  const recovers = ({ PointInTimeRecoverySpecification: specification }: Properties) =>
    flag("PointInTimeRecoveryEnabled").safeParse(specification).data === true;
  const left = indexes.parse(now["GlobalSecondaryIndexes"]).map(({ IndexName }) => IndexName);
  return [
    ...(recovers(old) && !recovers(now) ? ["loses its point-in-time recovery, with all backups of it"] : []),
    ...(old["DeletionProtectionEnabled"] === true && now["DeletionProtectionEnabled"] !== true
      ? ["loses its protection from deletion"]
      : []),
    ...changed(old, now, ["TimeToLiveSpecification", "StreamSpecification"]).map(
      (name) => `changes its ${name}`,
    ),
    ...indexes
      .parse(old["GlobalSecondaryIndexes"])
      .filter(({ IndexName }) => !left.includes(IndexName))
      .map(({ IndexName }) => `loses its index ${IndexName}`),
  ];
}

const lifecycle = z.object({
  Rules: z.array(
    z.object({
      Prefix: z.string().default(""),
      Status: z.string(),
      ExpirationInDays: z.number().default(Number.POSITIVE_INFINITY),
    }),
  ),
});

/** Objects that are there already end with a lifecycle that was shortened, at once. */
function shortenedExpirations(old: Properties, now: Properties): string[] {
  const rulesOf = ({ LifecycleConfiguration }: Properties) =>
    (lifecycle.safeParse(LifecycleConfiguration).data?.Rules ?? []).filter(
      ({ Status }) => Status === "Enabled",
    );
  const days = (properties: Properties, prefix: string) =>
    Math.min(
      Number.POSITIVE_INFINITY,
      ...rulesOf(properties)
        .filter(({ Prefix }) => prefix.startsWith(Prefix))
        .map(({ ExpirationInDays }) => ExpirationInDays),
    );
  const prefixes = new Set([...rulesOf(old), ...rulesOf(now)].map(({ Prefix }) => Prefix));
  return [...prefixes]
    .filter((prefix) => days(now, prefix) < days(old, prefix))
    .map(
      (prefix) =>
        `deletes ${prefix === "" ? "everything" : `${prefix}*`} after ${days(now, prefix)} days, what is there already too`,
    );
}

function changed(old: Properties, now: Properties, names: readonly string[]): string[] {
  return names.filter((name) => old[name] !== undefined && !isDeepStrictEqual(old[name], now[name]));
}

function shortened(old: Properties, now: Properties, name: string, absent: number): string[] {
  const [was, is] = [old, now].map((properties) => Number(properties[name] ?? absent));
  return was !== undefined && is !== undefined && is < was
    ? [`keeps what it holds for less: ${name} goes from ${was} to ${is}`]
    : [];
}

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { dataOf, type Template, templateSchema, threatsTo } from "../../lib/data-guard.ts";
import { changesBetween } from "../../lib/template-changes.ts";
import { type Resource, synthesise, synthesised } from "./synthesised.ts";

const templateOf = ({ template }: ReturnType<typeof synthesised>) => templateSchema.parse(template.toJSON());
/** As it is once it stands. */
const environment = { ...synthesised("prod").environment, deletionProtection: true };
const prod = templateOf(synthesise(environment));

const TABLE = "StoreTable0CCFA19B";
const BUCKET = "StoreBucket4FBDE984";
const SECRET = "ProviderKeySecret6D582384";

/** What is said of a template that was broken by hand. */
function said(breaking: (resources: Resource["Properties"]) => void): string[] {
  const broken = structuredClone(prod);
  breaking(broken.Resources);
  return threatsTo(prod, broken).map(({ logicalId, what }) => `${logicalId} ${what}`);
}

const idOf = (type: string) =>
  Object.entries(prod.Resources).find(([, { Type }]) => Type === type)?.[0] ?? "";

describe("the guard of data", () => {
  it("lets a deployment pass that changes nothing, adds something, or keeps for longer", () => {
    expect(said(() => {})).toEqual([]);
    const later = synthesise({ ...environment, retentionDays: 120 });
    expect(threatsTo(prod, templateOf(later))).toEqual([]);
    const none: Template = { Resources: {} };
    expect(threatsTo(none, prod)).toEqual([]);
  });

  it.each<[string, (resources: Resource["Properties"]) => void, RegExp]>([
    ["removes the table", (all) => delete all[TABLE], /^StoreTable\w+ .*is removed$/],
    ["renames the table", (all) => (all[TABLE].Properties.TableName = "t"), /empty one: its TableName/],
    ["has another key", (all) => (all[TABLE].Properties.KeySchema[0].AttributeName = "id"), /its KeySchema/],
    [
      "drops an index",
      (all) => all[TABLE].Properties.GlobalSecondaryIndexes.pop(),
      /loses its index by_batch/,
    ],
    [
      "forgets by another attribute",
      (all) => (all[TABLE].Properties.TimeToLiveSpecification.AttributeName = "x"),
      /TimeToLive/,
    ],
    [
      "stops recovery",
      (all) => (all[TABLE].Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled = false),
      /point-in-time/,
    ],
    [
      "lifts protection",
      (all) => (all[TABLE].Properties.DeletionProtectionEnabled = false),
      /protection from deletion/,
    ],
    ["keeps nothing", (all) => (all[TABLE].DeletionPolicy = "Delete"), /loses its DeletionPolicy/],
    ["names the bucket", (all) => (all[BUCKET].Properties.BucketName = "b"), /its BucketName/],
    [
      "forgets everything soon",
      (all) =>
        all[BUCKET].Properties.LifecycleConfiguration.Rules.push({ Status: "Enabled", ExpirationInDays: 3 }),
      /generations\/\* after 3 days/,
    ],
    ["renames the secret", (all) => (all[SECRET].Properties.Name = "key"), /its Name/],
    [
      "makes a new placeholder",
      (all) => (all[SECRET].Properties.GenerateSecretString.PasswordLength = 40),
      /over the operator's/,
    ],
    [
      "keeps logs for less",
      (all) => (all[idOf("AWS::Logs::LogGroup")].Properties.RetentionInDays = 7),
      /from 365 to 7/,
    ],
    [
      "keeps messages for less",
      (all) => delete all[idOf("AWS::SQS::Queue")].Properties.MessageRetentionPeriod,
      /to 345600/,
    ],
  ])("refuses one that %s", (_, breaking, what) => {
    expect(said(breaking)).toContainEqual(expect.stringMatching(what));
  });

  it("refuses a shorter retention of an environment, which ends old pictures at once", () => {
    const shorter = synthesise({ ...environment, retentionDays: 30 });
    expect(
      threatsTo(prod, templateOf(shorter))
        .map(({ what }) => what)
        .sort(),
    ).toEqual([
      "deletes generations/* after 37 days, what is there already too",
      "deletes manifests/* after 30 days, what is there already too",
      "deletes results/* after 30 days, what is there already too",
      "deletes unverified/* after 30 days, what is there already too",
    ]);
  });
});

describe.each(["dev", "staging", "prod"] as const)("the accepted data of %s", (name) => {
  it("is what the template has: npm run diff -- --env NAME --committed --accept", () => {
    const accepted: unknown = JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), "utf8"));
    expect(JSON.parse(JSON.stringify(dataOf(templateOf(synthesised(name)))))).toEqual(accepted);
  });
});

describe("the list of changes", () => {
  const changes = (changing: (resources: Resource["Properties"]) => void) => {
    const changed = structuredClone(prod);
    changing(changed.Resources);
    return changesBetween(prod, changed);
  };

  it("names what is new, gone and changed, and no new code", () => {
    expect(changes(() => {})).toEqual([]);
    expect(
      changes((all) => {
        all["Another"] = { Type: "AWS::SQS::Queue", Properties: {} };
        delete all[SECRET];
        all[TABLE].Properties.TableName = "t";
        all[BUCKET].DeletionPolicy = "Delete";
        for (const resource of Object.values<Resource>(all))
          if (resource.Type === "AWS::Lambda::Function") resource.Properties["Code"] = { S3Key: "new" };
      }),
    ).toEqual([
      "+ Another (AWS::SQS::Queue)",
      `- ${SECRET} (AWS::SecretsManager::Secret)`,
      `~ ${BUCKET} (AWS::S3::Bucket): DeletionPolicy`,
      `~ ${TABLE} (AWS::DynamoDB::Table): TableName`,
    ]);
  });
});

describe("npm run diff", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const diff = (...parameters: string[]) =>
    spawnSync(process.execPath, ["bin/diff.ts", "--env", "prod", "--committed", ...parameters], {
      cwd: root,
      encoding: "utf8",
    });

  it("passes what loses nothing, and takes no waiver for what does not happen or without a reason", () => {
    expect(existsSync(`${root}test/stack/data/prod.json`)).toBe(true);
    expect(diff()).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing that holds data") });
    expect(diff("--waive", `${TABLE}:moved to another account`)).toMatchObject({ status: 2 });
    expect(diff("--waive", TABLE)).toMatchObject({ status: 2 });
  });
});

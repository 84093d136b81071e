import { Annotations, Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import {
  everyEnvironment,
  resourceNamed,
  resourcesOf,
  type Synthesised,
  statementsOf,
  synthesise,
  synthesised,
} from "./synthesised.ts";

const held = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"];

describe.each(everyEnvironment)("the store of $name", ({ name }) => {
  const stack = synthesised(name);
  const { template, environment } = stack;

  it("is a table on demand that forgets by expires_at and tells both images of a change", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
      TimeToLiveSpecification: { AttributeName: "expires_at", Enabled: true },
      // The key that AWS owns: encrypted, and free.
      SSESpecification: { SSEEnabled: false },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: environment.keepData },
    });
  });

  it("has five indexes of keys alone", () => {
    const [, { Properties }] = resourceNamed(stack, "AWS::DynamoDB::Table", "Store");
    const index = (IndexName: string, partition: string, sort: string) => ({
      IndexName,
      KeySchema: [
        { AttributeName: partition, KeyType: "HASH" },
        { AttributeName: sort, KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" },
    });
    expect(Properties["GlobalSecondaryIndexes"]).toEqual([
      index("by_owner", "owner", "created"),
      index("by_owner_status", "owner_status", "created"),
      index("by_owner_open", "owner_open", "created"),
      index("line", "line", "line_at"),
      index("open", "open", "due_at"),
      index("by_batch", "in_batch", "batch_item"),
    ]);
    for (const { AttributeType } of Properties["AttributeDefinitions"]) expect(AttributeType).toBe("S");
  });

  it("is a bucket that is private, encrypted, unversioned and forgets pictures with their records", () => {
    template.hasResourceProperties("AWS::S3::Bucket", {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      VersioningConfiguration: Match.absent(),
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({
            Prefix: "generations/",
            // Longer than its record, which DynamoDB may take days to remove: no address leads to nothing.
            ExpirationInDays: environment.retentionDays + 7,
            Status: "Enabled",
          }),
          Match.objectLike({ Prefix: "unverified/", ExpirationInDays: environment.retentionDays }),
          Match.objectLike({ Prefix: "manifests/", ExpirationInDays: environment.retentionDays }),
          Match.objectLike({ Prefix: "results/", ExpirationInDays: environment.retentionDays }),
          Match.objectLike({ Prefix: "batches/", ExpirationInDays: 30 }),
          Match.objectLike({ Prefix: "answers/", ExpirationInDays: 30 }),
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: "Enabled" }),
        ],
      },
    });
  });

  it("refuses every request to the bucket that is not TLS 1.2 or newer, and grants nobody anything by policy", () => {
    const [, { Properties }] = resourceNamed(stack, "AWS::S3::BucketPolicy", "Store");
    const statements: { Effect: string; Condition: unknown }[] = Properties["PolicyDocument"].Statement;
    const denied = statements.filter(({ Effect }) => Effect === "Deny");
    // In dev, one function may empty the bucket before it is deleted.
    expect(statements.length - denied.length).toBe(name === "dev" ? 1 : 0);
    expect(denied.map(({ Effect, Condition }) => ({ Effect, Condition }))).toEqual([
      { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      { Effect: "Deny", Condition: { NumericLessThan: { "s3:TlsVersion": 1.2 } } },
    ]);
  });

  it("is kept exactly where the data matters, but not by a first deployment that fails", () => {
    const policies = environment.keepData ? ["RetainExceptOnCreate", "Retain"] : ["Delete", "Delete"];
    for (const type of held)
      for (const [id, resource] of resourcesOf(stack, type))
        expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([id, ...policies]);
  });

  it("keeps the logical ids of what holds data: another id is another, empty resource", () => {
    expect(held.flatMap((type) => resourcesOf(stack, type).map(([id]) => id))).toEqual([
      "StoreTable0CCFA19B",
      "StoreBucket4FBDE984",
      "ProviderKeySecret6D582384",
      "ProviderKeySecretdashscopebj4DEDEBC9",
    ]);
  });

  it("can be destroyed with pictures in it where it is thrown away, and has no hand to empty it elsewhere", () => {
    template.resourceCountIs("Custom::S3AutoDeleteObjects", name === "dev" ? 1 : 0);
  });
});

describe.each(everyEnvironment)("the provider's key of $name", ({ name }) => {
  const stack = synthesised(name);

  it("is named after the environment and the region, and has no value in the template", () => {
    const secrets = resourcesOf(stack, "AWS::SecretsManager::Secret").map(([, { Properties }]) => Properties);
    expect(secrets.map(({ Name }) => Name)).toEqual(
      ["sg", "bj"].map((region) => `image-service/${name}/dashscope/${region}`),
    );
    for (const secret of secrets) {
      expect(secret).not.toHaveProperty("SecretString");
      // Another placeholder rule would make Secrets Manager write a new value over the operator's key.
      expect(secret["GenerateSecretString"]).toEqual({ PasswordLength: 32, ExcludePunctuation: true });
    }
    expect(JSON.stringify(stack.template.toJSON())).not.toMatch(/resolve:secretsmanager|sk-[a-z0-9]/);
  });
});

describe("an environment that moves to another region of its provider, and back", () => {
  const { environment } = synthesised("prod");
  const inRegion = (region: string) =>
    synthesise({ ...environment, provider: { ...environment.provider, region } });
  const secretsIn = (stack: Synthesised) =>
    Object.fromEntries(
      resourcesOf(stack, "AWS::SecretsManager::Secret").map(([id, { Properties }]) => [
        id,
        Properties["Name"],
      ]),
    );

  it("keeps both keys under their ids and names, and lets the worker read the one of its region", () => {
    const [sg, bj] = [inRegion("sg"), inRegion("bj")];
    expect(secretsIn(bj)).toEqual(secretsIn(sg));
    const readable = (stack: Synthesised) =>
      statementsOf(stack, "worker")
        .filter(({ Action }) => Action.includes("secretsmanager:GetSecretValue"))
        .flatMap(({ Resource }) => Resource)
        .map((resource) => secretsIn(stack)[(resource as { Ref: string }).Ref]);
    expect(readable(sg)).toEqual(["image-service/prod/dashscope/sg"]);
    expect(readable(bj)).toEqual(["image-service/prod/dashscope/bj"]);
  });
});

describe("protection from deletion", () => {
  const warnings = ({ stack }: Synthesised) =>
    Annotations.fromStack(stack).findWarning("*", Match.stringLikeRegexp("not protected from deletion"));

  it.each(everyEnvironment)(
    "is none in a first deployment of $name, so that it can fail and be repeated",
    ({ name }) => {
      const first = synthesised(name);
      expect(first.stack.terminationProtection).toBe(false);
      first.template.hasResourceProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: false });
      expect(warnings(first)).toHaveLength(first.environment.keepData ? 1 : 0);
    },
  );

  it("is set by the configuration once the stack stands, on stack and table", () => {
    const later = synthesise({ ...synthesised("prod").environment, deletionProtection: true });
    expect(later.stack.terminationProtection).toBe(true);
    later.template.hasResourceProperties("AWS::DynamoDB::Table", { DeletionProtectionEnabled: true });
    expect(warnings(later)).toEqual([]);
  });
});

describe("staging and prod", () => {
  it("keep what people gave and paid for", () => {
    for (const name of ["staging", "prod"] as const)
      expect(synthesised(name).environment.keepData).toBe(true);
  });
});

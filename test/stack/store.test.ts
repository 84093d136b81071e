import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { everyEnvironment, resourceNamed, resourcesOf, synthesised } from "./synthesised.ts";

describe.each(everyEnvironment)("the store of $name", ({ name }) => {
  const stack = synthesised(name);
  const { template, environment } = stack;

  it("is a table on demand that forgets by expires_at and tells both images of a change", () => {
    template.hasResourceProperties("AWS::DynamoDB::Table", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      StreamSpecification: { StreamViewType: "NEW_AND_OLD_IMAGES" },
      TimeToLiveSpecification: { AttributeName: "expires_at", Enabled: true },
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: environment.keepData,
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
            ExpirationInDays: environment.retentionDays,
            Status: "Enabled",
          }),
          Match.objectLike({ Prefix: "unverified/", ExpirationInDays: environment.retentionDays }),
          Match.objectLike({ Prefix: "manifests/", ExpirationInDays: environment.retentionDays }),
          Match.objectLike({ Prefix: "answers/", ExpirationInDays: 30 }),
          Match.objectLike({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: "Enabled" }),
        ],
      },
    });
  });

  it("refuses every request to the bucket that is not TLS 1.2 or newer, and grants nobody anything by policy", () => {
    const [, { Properties }] = resourceNamed(stack, "AWS::S3::BucketPolicy", "Store");
    const statements: { Effect: string; Condition: unknown }[] = Properties["PolicyDocument"].Statement;
    expect(statements.map(({ Effect, Condition }) => ({ Effect, Condition }))).toEqual([
      { Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } },
      { Effect: "Deny", Condition: { NumericLessThan: { "s3:TlsVersion": 1.2 } } },
    ]);
  });

  it("is kept exactly where the data matters", () => {
    const policy = environment.keepData ? "Retain" : "Delete";
    for (const type of ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"])
      for (const [id, resource] of resourcesOf(stack, type))
        expect([id, resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual([id, policy, policy]);
    expect(stack.stack.terminationProtection).toBe(environment.keepData);
  });

  it("keeps the logical ids of what holds data: another id is another, empty resource", () => {
    const held = ["AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret"];
    expect(held.flatMap((type) => resourcesOf(stack, type).map(([id]) => id))).toEqual([
      "StoreTable0CCFA19B",
      "StoreBucket4FBDE984",
      "ProviderKeySecret6D582384",
    ]);
  });
});

describe.each(everyEnvironment)("the provider's key of $name", ({ name }) => {
  const stack = synthesised(name);

  it("is named after the environment and the region, and has no value in the template", () => {
    const [, { Properties }] = resourceNamed(stack, "AWS::SecretsManager::Secret", "ProviderKey");
    expect(Properties["Name"]).toBe(`image-service/${name}/dashscope/sg`);
    expect(Properties).not.toHaveProperty("SecretString");
    // Another placeholder rule would make Secrets Manager write a new value over the operator's key.
    expect(Properties["GenerateSecretString"]).toEqual({ PasswordLength: 32, ExcludePunctuation: true });
    expect(JSON.stringify(stack.template.toJSON())).not.toMatch(/resolve:secretsmanager|sk-[a-z0-9]/);
  });
});

describe("staging and prod", () => {
  it("keep what people gave and paid for", () => {
    for (const name of ["staging", "prod"] as const)
      expect(synthesised(name).environment.keepData).toBe(true);
  });
});

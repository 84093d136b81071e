import { CfnOutput, Stack, Validations } from "aws-cdk-lib";
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from "aws-cdk-lib/aws-dynamodb";
import { FilterCriteria, FilterRule, StartingPosition } from "aws-cdk-lib/aws-lambda";
import { SqsDlq } from "aws-cdk-lib/aws-lambda-event-sources";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { createBucket } from "./bucket.ts";
import type { Environment } from "./environment-schema.ts";
import { logicalId } from "./logical-id.ts";
import { removalPolicyOf } from "./removal-policy.ts";
import type { ServiceFunction } from "./service-function.ts";

/** The indexes hold keys alone: whoever needs a record reads it, so an index never shows an old one. */
const indexes = [
  { indexName: "by_owner", partition: "owner", sort: "created" },
  { indexName: "by_owner_status", partition: "owner_status", sort: "created" },
  { indexName: "by_owner_open", partition: "owner_open", sort: "created" },
  { indexName: "line", partition: "line", sort: "line_at" },
  { indexName: "open", partition: "open", sort: "due_at" },
  { indexName: "by_batch", partition: "in_batch", sort: "batch_item" },
] as const;

type IndexName = (typeof indexes)[number]["indexName"];

/** What a function may do with records by their keys. */
type RecordVerb = "BatchGetItem" | "GetItem" | "PutItem" | "UpdateItem";

const PICTURES = "generations/*";
/** What was fetched and is no picture: written by the worker, read by people. */
const UNVERIFIED = "unverified/*";
const MANIFESTS = "manifests/*";
/** What became of the lines of batches, for their owners; and, until a batch has ended, which lines are invalid. */
const RESULTS = "results/*";
const BATCHES = "batches/*";
/** What the provider answered, where the table cannot hold it: pictures inside answers, and answers not understood. */
const ANSWERS = "answers/*";

/** Everything the service remembers: the table is its log, the bucket its pictures. */
export class Store extends Construct {
  private readonly table: Table;
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { keepData, deletionProtection } = environment;
    const removalPolicy = removalPolicyOf(environment);

    this.table = new Table(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: "expires_at",
      // Encrypted either way; only the managed key is the account's to see, and is billed per request.
      encryption: environment.tableKey === "managed" ? TableEncryption.AWS_MANAGED : TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: keepData },
      deletionProtection,
      removalPolicy,
    });
    for (const { indexName, partition, sort } of indexes)
      this.table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: partition, type: AttributeType.STRING },
        sortKey: { name: sort, type: AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });

    this.bucket = createBucket(this, environment);

    if (!keepData)
      Validations.of(this.table).acknowledge({
        id: "AwsSolutions-DDB3",
        reason:
          "This environment is thrown away with all it holds; staging and prod recover to any point in time.",
      });
    new CfnOutput(Stack.of(this), "TableName", { value: this.table.tableName });
    new CfnOutput(Stack.of(this), "BucketName", { value: this.bucket.bucketName });
  }

  /** Do these things with records, and query these indexes: a test compares the list with what the code does. */
  grantRecords(
    target: ServiceFunction,
    verbs: readonly RecordVerb[],
    queried: readonly IndexName[] = [],
  ): void {
    target.set("TABLE_NAME", this.table.tableName);
    target.allow(
      verbs.map((verb) => `dynamodb:${verb}`),
      [this.table.tableArn],
    );
    if (queried.length > 0)
      target.allow(
        ["dynamodb:Query"],
        queried.map((index) => `${this.table.tableArn}/index/${index}`),
      );
  }

  /** Read pictures: what a presigned URL may do is what its maker may do. */
  grantPicturesRead(target: ServiceFunction): void {
    this.allowObjects(target, PICTURES, ["s3:GetObject"]);
  }

  /** Store pictures, and look whether one is there. */
  grantPicturesWrite(target: ServiceFunction): void {
    this.allowObjects(target, PICTURES, ["s3:GetObject", "s3:PutObject"]);
    this.allowList(target);
    this.allowObjects(target, UNVERIFIED, ["s3:PutObject"]);
  }

  grantPicturesRemoval(target: ServiceFunction): void {
    this.allowObjects(target, PICTURES, ["s3:DeleteObject"]);
    this.allowObjects(target, ANSWERS, ["s3:DeleteObject"]);
  }

  /** Keep answers of the provider, and read back the pictures among them. */
  grantAnswersWrite(target: ServiceFunction): void {
    this.allowObjects(target, ANSWERS, ["s3:GetObject", "s3:PutObject"]);
    this.allowList(target);
  }

  /** Read accepted answers that the table refused. */
  grantAnswersRead(target: ServiceFunction): void {
    this.allowObjects(target, ANSWERS, ["s3:GetObject"]);
    this.allowList(target);
  }

  /** Read what owners want painted in batches. */
  grantManifestsRead(target: ServiceFunction): void {
    this.allowObjects(target, MANIFESTS, ["s3:GetObject"]);
  }

  /** Let owners put manifests there: what a presigned URL may do is what its maker may do. */
  grantManifestsWrite(target: ServiceFunction): void {
    this.allowObjects(target, MANIFESTS, ["s3:PutObject"]);
  }

  /** Read the results of batches. */
  grantResultsRead(target: ServiceFunction): void {
    this.allowObjects(target, RESULTS, ["s3:GetObject"]);
  }

  /** Write the results of batches, and keep the invalid lines until then. */
  grantResultsWrite(target: ServiceFunction): void {
    this.allowObjects(target, RESULTS, ["s3:PutObject"]);
    this.allowObjects(target, BATCHES, ["s3:GetObject", "s3:PutObject"]);
  }

  /**
   * Calls the target with every change to a generation and every new batch, in order; what it cannot digest goes to
   * `failures`.
   */
  follow(target: ServiceFunction, failures: IQueue): void {
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error("the table has no stream");
    this.table.grantStreamRead(target);
    target.function.addEventSourceMapping("Changes", {
      eventSourceArn: tableStreamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: 10,
      onFailure: new SqsDlq(failures),
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.or("INSERT", "MODIFY"),
          dynamodb: { Keys: { pk: { S: FilterRule.beginsWith("generation#") } } },
        }),
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("INSERT"),
          dynamodb: { Keys: { pk: { S: FilterRule.beginsWith("batch#") } } },
        }),
      ],
    });
  }

  /** List keys: the one proof that something is not there, whatever else the role may do. */
  private allowList(target: ServiceFunction): void {
    target.allow(["s3:ListBucket"], [this.bucket.bucketArn]);
  }

  private allowObjects(target: ServiceFunction, objects: string, actions: string[]): void {
    target.set("BUCKET_NAME", this.bucket.bucketName);
    target.allow(actions, [this.bucket.arnForObjects(objects)]);
    Validations.of(target.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId(this.bucket)}.Arn>/${objects}]`,
      reason:
        "Objects are named by ids of generations and batches, and by their owners: they are not known at deployment.",
    });
  }
}

import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { EndedGeneration, Generation, Painted } from "../../lambdas/generations/record.ts";
import type { GenerationStore } from "../../lambdas/generations/table.ts";
import { complete, giveUpImage } from "../../lambdas/generations/transitions/painted.ts";
import { imageMetadata } from "../../lambdas/images/bucket.ts";
import { EXTENSIONS, IMAGE_TYPES, type ImageType } from "../../lambdas/images/image-type.ts";
import { exitCode, Failure } from "../failure.ts";

/** What deciding about a refused picture takes. */
export interface DecisionNeeds {
  readonly generations: Pick<GenerationStore, "get" | "save">;
  readonly objects: Pick<S3Client, "send">;
  readonly bucket: string;
  readonly now: () => number;
}

type Refused = Painted & { readonly unverified_key: string };

/** How the kinds of picture begin. What follows may be broken: a person has looked at it. */
const STARTS: Readonly<Record<ImageType, string>> = {
  "image/png": "89504e470d0a1a0a",
  "image/jpeg": "ffd8ff",
  "image/webp": "52494646........57454250",
};

/**
 * Makes the bytes that a generation's storage delivered its picture, though they were refused, and ends it with a
 * warning. A worker that stores the true picture meanwhile wins: the record's version decides.
 *
 * @throws Failure where nothing refused waits for a decision, or the bytes begin like no picture
 */
export async function acceptRefused(generation: Generation, needs: DecisionNeeds): Promise<EndedGeneration> {
  const painted = refusedOf(generation);
  const { objects, bucket, now } = needs;
  const { Body } = await objects.send(new GetObjectCommand({ Bucket: bucket, Key: painted.unverified_key }));
  if (Body === undefined) throw new Failure(`The bucket holds nothing at ${painted.unverified_key}.`);
  const bytes = Buffer.from(await Body.transformToByteArray());
  const type = typeOf(bytes);
  if (type === null)
    throw new Failure(
      `${painted.unverified_key} begins like no PNG, JPEG or WebP: callers could not show it. --end gives the picture up.`,
      { exitCode: exitCode.wrongUse },
    );
  const key = `generations/${painted.id}.${EXTENSIONS[type]}`;
  const hash = createHash("sha256").update(bytes);
  const sha256 = hash.copy().digest("hex");
  const checksum = hash.digest("base64");
  const place = { Bucket: bucket, Key: key };
  const { width, height } = painted;
  const described = { width, height, sha256, marked: [], sourceSha256: sha256 };
  const put = (condition: { IfNoneMatch?: "*" }) =>
    objects.send(
      new PutObjectCommand({
        ...place,
        ...condition,
        Body: bytes,
        ContentType: type,
        ChecksumSHA256: checksum,
        Metadata: imageMetadata(painted.id, described, painted.request_hash),
        CacheControl: "private, max-age=31536000, immutable",
      }),
    );
  const isOurs = async () => {
    const { ChecksumSHA256 } = await objects.send(
      new HeadObjectCommand({ ...place, ChecksumMode: "ENABLED" }),
    );
    return ChecksumSHA256 === undefined || ChecksumSHA256 === checksum;
  };
  // The file before the record, as for every picture; never over one that a worker has stored.
  await put({ IfNoneMatch: "*" }).catch(async (error: unknown) => {
    if (!(error instanceof Error && error.name === "PreconditionFailed")) throw error;
    if (!(await isOurs())) throw movedOn(painted.id);
  });
  const image = {
    bucket,
    key,
    content_type: type,
    width,
    height,
    bytes: bytes.length,
    sha256,
    marked: [],
    source_sha256: sha256,
  };
  const warning = "The file did not pass the service's checks; its operator looked at it and accepted it.";
  const ended = complete(painted, { now: now(), image, warnings: [warning] });
  await decide(ended, needs);
  // A worker that was fetching all along may have written over it, and did not get into the record.
  if (!(await isOurs())) await put({});
  await objects.send(new DeleteObjectCommand({ Bucket: bucket, Key: painted.unverified_key }));
  return ended;
}

/**
 * Ends a generation whose picture was refused: `image_unavailable`, billed. The bytes stay where they are.
 *
 * @throws Failure where nothing refused waits for a decision
 */
export async function endRefused(generation: Generation, needs: DecisionNeeds): Promise<EndedGeneration> {
  const detail =
    "What the provider's storage delivered was no picture; the service's operator has given it up.";
  const ended = giveUpImage(refusedOf(generation), { now: needs.now(), detail });
  await decide(ended, needs);
  return ended;
}

function refusedOf(generation: Generation): Refused {
  if (
    generation.state === "painted" &&
    generation.unverified_key !== null &&
    generation.waiting?.reason === "image_refused"
  )
    return { ...generation, unverified_key: generation.unverified_key };
  throw new Failure(
    `${generation.id} is ${generation.state} and waits for no decision: --accept and --end are for a picture that was fetched and refused (image_refused).`,
    { exitCode: exitCode.wrongUse },
  );
}

async function decide(ended: EndedGeneration, { generations }: DecisionNeeds): Promise<void> {
  if (!(await generations.save(ended))) throw movedOn(ended.id);
}

function movedOn(id: string): Failure {
  return new Failure(
    `${id} has moved on meanwhile; nothing was decided. Look again: npm run inspect -- ${id}.`,
  );
}

function typeOf(bytes: Buffer): ImageType | null {
  const start = bytes.subarray(0, 12).toString("hex");
  return IMAGE_TYPES.find((type) => new RegExp(`^${STARTS[type]}`).test(start)) ?? null;
}

import { S3Client } from "@aws-sdk/client-s3";
import { PICTURE_CALLS } from "../call-limits.ts";

/** The bucket's client, one for a process: a fifth of a function's code. Addresses are signed without it. */
export const objects = new S3Client(PICTURE_CALLS);

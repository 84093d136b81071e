import { createHash } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { billedOf } from "../../lambdas/generations/billed.ts";
import { Failure } from "../failure.ts";
import type { Delivered } from "./doors.ts";
import type { Place } from "./place.ts";

/** What was proved of one picture. */
export interface Proof {
  readonly says: string;
  /** A decimal, and its currency. */
  readonly cost: string;
  readonly currency: string;
}

/**
 * Holds a picture against its record and the bucket: painted once, billed, ended, the same bytes everywhere.
 *
 * @throws Failure that names the first difference
 */
export async function prove({ id, bytes }: Delivered, { generations, objects }: Place): Promise<Proof> {
  const record = await generations.get(id);
  if (record === null) throw new Failure(`There is no record of ${id}.`);
  if (record.state !== "succeeded" || record.image === null)
    throw new Failure(`The record of ${id} says ${record.state}.`);
  const answers = record.history.filter(({ event }) => event === "accepted_by_provider");
  if (answers.length !== 1 || answers[0]?.count !== 1 || record.outcome_lost)
    throw new Failure(`${id} was not painted exactly once: npm run inspect -- ${id} shows its history.`);
  const { bucket, key, sha256, width, height } = record.image;
  const { Body } = await objects.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const stored = (await Body?.transformToByteArray()) ?? new Uint8Array();
  for (const [where, found] of [
    ["bucket", stored],
    ["answer", bytes],
  ] as const)
    if (found !== null && createHash("sha256").update(found).digest("hex") !== sha256)
      throw new Failure(`The bytes of ${id} in the ${where} are not those of its record.`);
  return {
    says: `${id}: ${width} × ${height}, ${(stored.length / 1e6).toFixed(1)} MB, painted once, billed ${billedOf(record)}; ${bytes === null ? "bucket and record agree" : "answer, bucket and record agree"}`,
    cost: record.price.amount,
    currency: record.price.currency,
  };
}

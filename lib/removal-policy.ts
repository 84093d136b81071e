import { RemovalPolicy } from "aws-cdk-lib";
import type { Environment } from "./environment-schema.ts";

/**
 * What becomes of table, bucket and secrets. Kept data outlives the stack and every replacement, but not a first
 * deployment that is rolled back: what that leaves behind would collide with the next try.
 */
export function removalPolicyOf({ keepData }: Pick<Environment, "keepData">): RemovalPolicy {
  return keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

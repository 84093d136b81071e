import type { APIGatewayProxyEvent } from "aws-lambda";

/** Who makes a request. */
export interface Caller {
  readonly owner: string;
  /** Tells callers of one owner apart: two keys are two programs. */
  readonly keyId: string;
}

export type Authentication = "key" | "iam";

/** Who API Gateway says it is; null where it let the request through without asking. */
export function callerOf(event: APIGatewayProxyEvent, authentication: Authentication): Caller | null {
  if (authentication === "iam") return principalOf(event.requestContext?.identity?.userArn);
  const { owner, key_id } = event.requestContext?.authorizer ?? {};
  if (typeof owner !== "string" || owner === "") return null;
  return { owner, keyId: typeof key_id === "string" ? key_id : "" };
}

const ROLE = /^arn:[^:]*:sts::(\d+):assumed-role\/([^/#]+)\/.+$/;
const USER = /^arn:[^:]*:iam::(\d+):user\/(?:.*\/)?([^/#]+)$/;

/**
 * The owner that an IAM identity stands for: `ACCOUNT.role.NAME` for whoever has assumed the role, `ACCOUNT.user.NAME`
 * for a user. The account belongs to it, as the same name in another account is somebody else.
 */
function principalOf(arn: string | null | undefined): Caller | null {
  const role = ROLE.exec(arn ?? "");
  if (role !== null) return { owner: `${role[1]}.role.${role[2]}`, keyId: arn ?? "" };
  const user = USER.exec(arn ?? "");
  if (user !== null) return { owner: `${user[1]}.user.${user[2]}`, keyId: arn ?? "" };
  return null;
}

import type { APIGatewayProxyEvent, APIGatewayTokenAuthorizerEvent } from "aws-lambda";
import { describe, expect, test } from "vitest";
import { authorize } from "../../../lambdas/api-keys/authorize.ts";
import { callerOf } from "../../../lambdas/http/caller.ts";

const signedBy = (userArn: string | null) =>
  ({ requestContext: { identity: { userArn } } }) as unknown as APIGatewayProxyEvent;

describe("the owner in an environment with IAM", () => {
  test.each([
    ["arn:aws:sts::123456789012:assumed-role/Painter/session-1", "123456789012.role.Painter"],
    ["arn:aws:sts::123456789012:assumed-role/Painter/session-2", "123456789012.role.Painter"],
    ["arn:aws:iam::123456789012:user/people/ann", "123456789012.user.ann"],
    ["arn:aws-cn:iam::210987654321:user/ann", "210987654321.user.ann"],
    ["arn:aws:iam::123456789012:user/workflows", "123456789012.user.workflows"],
    ["arn:aws:sts::123456789012:assumed-role/workflows/workflows", "123456789012.role.workflows"],
  ])("of %s is %s", (arn, owner) => {
    expect(callerOf(signedBy(arn), "iam")?.owner).toBe(owner);
  });

  test.each([null, "", "nonsense", "arn:aws:iam::123456789012:root"])("is nobody for %s", (arn) => {
    expect(callerOf(signedBy(arn), "iam")).toBeNull();
  });
});

describe("the authorizer", () => {
  const key = { key_id: "id1", key_owner: "alice", created_at: "2026-01-01T00:00:00Z", revoked_at: null };
  const ask = (authorizationToken: string | undefined) =>
    authorize({ find: async (text) => (text === "aik_1" ? key : null) })({
      type: "TOKEN",
      methodArn: "arn:aws:execute-api:eu-central-1:123456789012:abc123/v1/GET/generations/gen_1",
      authorizationToken,
    } as APIGatewayTokenAuthorizerEvent);

  test("names the owner, for whatever the same key asks next", async () => {
    expect(await ask("Bearer aik_1")).toEqual({
      principalId: "alice",
      policyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "execute-api:Invoke",
            Resource: "arn:aws:execute-api:eu-central-1:123456789012:abc123/v1/*",
          },
        ],
      },
      context: { owner: "alice", key_id: "id1" },
    });
    expect((await ask("bearer   aik_1")).principalId).toBe("alice");
  });

  test.each([undefined, "", "Bearer", "Bearer ", "aik_1", "Basic aik_1", "Bearer aik_2", "Bearer aik_1 x"])(
    "refuses %s in API Gateway's own word",
    async (token) => {
      await expect(ask(token)).rejects.toThrow(/^Unauthorized$/);
    },
  );

  test("fails otherwise when the keys can't be read, so that nobody takes it for a wrong key", async () => {
    const broken = authorize({ find: async () => Promise.reject(new Error("throttled")) });
    await expect(
      broken({ type: "TOKEN", methodArn: "a/b/c", authorizationToken: "Bearer aik_1" }),
    ).rejects.toThrow("throttled");
  });
});

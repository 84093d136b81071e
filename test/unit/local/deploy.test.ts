import { describe, expect, it } from "vitest";
import { causeIn } from "../../../bin/local/deploy.ts";

describe("what a failed deployment tells", () => {
  it("is the resource that failed", () => {
    const output = [
      "image-service-local | 3/61 | 18:20:01 | CREATE_COMPLETE | AWS::SQS::Queue | Queue",
      "image-service-local | 3/61 | 18:20:01 | CREATE_FAILED   | AWS::S3::Bucket | Bucket: BucketAlreadyExists",
      "❌  image-service-local failed: ToolkitError: The stack failed",
    ].join("\n");
    expect(causeIn(output)).toMatch(/BucketAlreadyExists$/);
  });

  it("is the app's own sentence when it could not be built", () => {
    const output = "\nCannot find entry file\nnode bin/app.ts: Subprocess exited with error 1\n";
    expect(causeIn(output)).toBe("Cannot find entry file");
  });

  it("is said to be nothing when nothing was said", () => {
    expect(causeIn("\n")).toBe("it said nothing");
  });
});

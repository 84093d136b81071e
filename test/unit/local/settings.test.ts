import { describe, expect, it } from "vitest";
import { localSettings } from "../../../bin/local/settings.ts";

describe("the shell's settings of the local cloud", () => {
  it("are all optional", () => {
    expect(localSettings({})).toMatchObject({
      port: 4566,
      endpoint: undefined,
      region: "us-east-1",
      provider: { key: undefined, baseUrl: undefined, imageHosts: [], requestsPerMinute: 120 },
    });
  });

  it("take an empty variable for an absent one", () => {
    const settings = localSettings({ LOCAL_PORT: "", DASHSCOPE_API_KEY: " ", AWS_ENDPOINT_URL: "" });
    expect(settings).toMatchObject({ port: 4566, endpoint: undefined, provider: { key: undefined } });
  });

  it.each(["http", "0", "80", "65536", "4566.5", "-1"])("refuse LOCAL_PORT=%s by name", (LOCAL_PORT) => {
    expect(() => localSettings({ LOCAL_PORT })).toThrow(/^LOCAL_PORT must be .*; it is "/);
  });

  it("name every variable that is wrong", () => {
    expect(() => localSettings({ LOCAL_PORT: "x", AWS_REGION: "Frankfurt" })).toThrow(
      /LOCAL_PORT.*AWS_REGION/s,
    );
    expect(() => localSettings({ PROVIDER_REQUESTS_PER_MINUTE: "many" })).toThrow(
      /^PROVIDER_REQUESTS_PER_MINUTE must be .*; it is "many"$/,
    );
    expect(() => localSettings({ DASHSCOPE_REGION: "us", LOCAL_PORT: "99" })).toThrow(
      /^LOCAL_PORT .*"99"\n {2}DASHSCOPE_REGION .*"us"$/,
    );
  });

  it.each([
    "https://dynamodb.eu-central-1.amazonaws.com",
    "https://AMAZONAWS.com",
    "https://s3.cn-north-1.amazonaws.com.cn",
  ])("never lead to AWS, as %s would", (AWS_ENDPOINT_URL) => {
    expect(() => localSettings({ AWS_ENDPOINT_URL })).toThrow(/not of AWS/);
  });

  it("make an address of the emulator that S3 clients leave as it is", () => {
    expect(localSettings({ AWS_ENDPOINT_URL: "http://localhost:4566/" }).endpoint).toBe(
      "http://127.0.0.1:4566",
    );
  });

  it("take the region from either of the two variables of AWS", () => {
    expect(localSettings({ AWS_DEFAULT_REGION: "eu-west-1" }).region).toBe("eu-west-1");
    expect(localSettings({ AWS_DEFAULT_REGION: "eu-west-1", AWS_REGION: "us-gov-west-1" }).region).toBe(
      "us-gov-west-1",
    );
  });
});

import { describe, expect, it } from "vitest";
import { emulatorVariables, plainVariables } from "../../../bin/local/surroundings.ts";

const shell = {
  PATH: "/usr/bin",
  HOME: "/home/ada",
  AWS_PROFILE: "production",
  AWS_SESSION_TOKEN: "secret",
  AWS_ENDPOINT_URL_S3: "https://s3.amazonaws.com",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.2/",
  CDK_DEFAULT_ACCOUNT: "123456789012",
  DASHSCOPE_API_KEY: "sk-real",
  DASHSCOPE_REGION: "bj",
  PROVIDER_TIMEOUT_SECONDS: "5",
  GITHUB_TOKEN: "secret",
};

describe("programs that deploy", () => {
  const variables = emulatorVariables(shell, "http://127.0.0.1:4566", "eu-west-1");

  it("reach the emulator and nobody's account", () => {
    const aws = Object.fromEntries(Object.entries(variables).filter(([name]) => name.startsWith("AWS_")));
    expect(aws).toEqual({
      AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "eu-west-1",
      AWS_DEFAULT_REGION: "eu-west-1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    });
    expect(variables).not.toHaveProperty("CDK_DEFAULT_ACCOUNT");
  });

  it("get the settings of the stack, and never the provider's key", () => {
    expect(variables).toMatchObject({ DASHSCOPE_REGION: "bj", PROVIDER_TIMEOUT_SECONDS: "5" });
    expect(variables).not.toHaveProperty("DASHSCOPE_API_KEY");
  });

  it("find the project's own Node first", () => {
    expect(variables["PATH"]).toMatch(/node_modules\/\.bin:\/usr\/bin$/);
  });
});

describe("the emulator, whose variables become those of the functions", () => {
  it("gets no key, no token and no profile", () => {
    expect(Object.keys(plainVariables(shell)).sort()).toEqual(["HOME", "PATH"]);
  });
});

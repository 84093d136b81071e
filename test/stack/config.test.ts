import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checked, environmentNamed, environmentNames } from "../../lib/config.ts";
import { providerBaseUrl } from "../../lib/egress.ts";
import { modelQuotas } from "../../lib/model-quotas.ts";

const local = (variables: Record<string, string>) => environmentNamed("local", variables);

describe("the environments", () => {
  it("refuse an unknown name with the names there are", () => {
    for (const name of ["production", "", 7])
      expect(() => environmentNamed(name, {})).toThrow(/-c env=NAME.*local, dev, staging, prod/);
  });

  it("end the CDK app with that sentence and nothing else", () => {
    const { status, stderr } = spawnSync(process.execPath, ["bin/app.ts"], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      env: { ...process.env, CDK_CONTEXT_JSON: '{"env":"moon"}' },
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr.trim().split("\n")).toEqual([
      'There is no environment "moon": say which with -c env=NAME, NAME being one of local, dev, staging, prod.',
    ]);
  });

  it("are all valid, and paced at the provider's quota where it is real", () => {
    for (const name of environmentNames) expect(environmentNamed(name, {}).name).toBe(name);
    for (const name of ["dev", "staging", "prod"]) {
      const environment = environmentNamed(name, {});
      expect(environment.provider).toMatchObject({ burst: 1, timeoutSeconds: 298 });
      expect(modelQuotas(environment)).toEqual(
        expect.arrayContaining(["qwen-image-max=2", "qwen-image-max-2025-12-30=2"]),
      );
    }
  });

  it("may name a quota for all models, and another for one", () => {
    const { provider } = environmentNamed("prod", {});
    const models = { "qwen-image-max": { requestsPerMinute: 7.5 } };
    const quotas = (more: object) => modelQuotas({ provider: { ...provider, ...more } });
    expect(quotas({ requestsPerMinute: 30 })).toEqual(
      expect.arrayContaining(["qwen-image-max=30", "qwen-image-max-2025-12-30=30"]),
    );
    expect(quotas({ requestsPerMinute: 30, models })).toEqual(
      expect.arrayContaining(["qwen-image-max=7.5", "qwen-image-max-2025-12-30=30"]),
    );
    expect(quotas({ models })).toEqual(
      expect.arrayContaining(["qwen-image-max=7.5", "qwen-image-max-2025-12-30=2"]),
    );
  });

  it("know no provider, region or model that the registry does not", () => {
    const prod = environmentNamed("prod", {});
    const withProvider = (more: object) => () =>
      checked({ ...prod, provider: { ...prod.provider, ...more } });
    expect(withProvider({ name: "nobody" })).toThrow(/provider\.name/);
    expect(withProvider({ region: "us" })).toThrow(/provider\.region: must be sg or bj/);
    expect(withProvider({ models: { "dall-e-3": { requestsPerMinute: 1 } } })).toThrow(
      /provider\.models\.dall-e-3: is not offered in sg, only qwen-image-max, /,
    );
  });

  it("ignore the shell, all but local", () => {
    const shell = {
      PROVIDER_REQUESTS_PER_MINUTE: "600",
      DASHSCOPE_REGION: "bj",
      DASHSCOPE_BASE_URL: "http://x.test",
    };
    for (const name of ["dev", "staging", "prod"])
      expect(environmentNamed(name, shell)).toEqual(environmentNamed(name, {}));
  });

  it("keep region and address together", () => {
    expect(providerBaseUrl(local({ DASHSCOPE_REGION: "sg" }))).toBe("https://dashscope-intl.aliyuncs.com");
    expect(providerBaseUrl(local({ DASHSCOPE_REGION: "bj" }))).toBe("https://dashscope.aliyuncs.com");
  });

  it("refuse plain http and ports outside local", () => {
    const prod = environmentNamed("prod", {});
    expect(() =>
      checked({ ...prod, provider: { ...prod.provider, baseUrl: "http://proxy.example.com" } }),
    ).toThrow(/provider\.baseUrl: must be https outside the local environment/);
    expect(() =>
      checked({ ...prod, provider: { ...prod.provider, extraImageHosts: ["localhost:9000"] } }),
    ).toThrow(/provider\.extraImageHosts\.0: must be a host name without a port/);
  });

  it("name every field that is wrong, and fields that nobody knows", () => {
    const prod = environmentNamed("prod", {});
    const owner = { ...prod.owner, openGenerations: 10_001 };
    expect(() => checked({ ...prod, owner })).toThrow(/owner\.openGenerations/);
    expect(() => checked({ ...prod, workerConcurrency: 1, retentionDays: 0, colour: "red" })).toThrow(
      /workerConcurrency[\s\S]*retentionDays[\s\S]*colour/,
    );
  });
});

describe("the local environment", () => {
  it("takes its values from the shell", () => {
    const { provider, workerConcurrency, owner, reconcilerMinutes } = local({
      DASHSCOPE_REGION: "bj",
      DASHSCOPE_BASE_URL: "http://127.0.0.1:9000/",
      DASHSCOPE_IMAGE_HOSTS: "127.0.0.1:9001, images.test:80",
      PROVIDER_REQUESTS_PER_MINUTE: "30",
      PROVIDER_BURST: "3",
      PROVIDER_TIMEOUT_SECONDS: "5",
      WORKER_CONCURRENCY: "8",
      OWNER_REQUESTS_PER_MINUTE: "9",
      OWNER_OPEN_GENERATIONS: "10",
      RECONCILER_MINUTES: "1",
    });
    expect(provider).toEqual({
      name: "dashscope",
      region: "bj",
      baseUrl: "http://127.0.0.1:9000",
      extraImageHosts: ["127.0.0.1:9001", "images.test:80"],
      requestsPerMinute: 30,
      burst: 3,
      timeoutSeconds: 5,
    });
    expect({ workerConcurrency, owner, reconcilerMinutes }).toEqual({
      workerConcurrency: 8,
      owner: { requestsPerMinute: 9, openGenerations: 10 },
      reconcilerMinutes: 1,
    });
  });

  it("has a budget where the shell names one, and a deployed one where the table does", () => {
    expect(local({ OWNER_MONTHLY_BUDGET: "7.50" }).budget).toEqual({ ownerMonthly: "7.50" });
    expect(() => local({ ENVIRONMENT_MONTHLY_BUDGET: "-1" })).toThrow(
      /ENVIRONMENT_MONTHLY_BUDGET must be an/,
    );
    const prod = environmentNamed("prod", {});
    expect(prod.budget).toBeUndefined();
    expect(() => checked({ ...prod, budget: { ownerMonthly: "1e3" } })).toThrow(/budget\.ownerMonthly/);
  });

  it("takes an empty variable for an absent one", () => {
    const empty = { DASHSCOPE_REGION: "", DASHSCOPE_BASE_URL: "", PROVIDER_REQUESTS_PER_MINUTE: "" };
    expect(local(empty)).toEqual(local({}));
    expect(local({}).provider).toMatchObject({ region: "sg", requestsPerMinute: 120 });
  });

  it.each([
    ["DASHSCOPE_REGION", "us", /DASHSCOPE_REGION must be sg or bj; it is "us"/],
    ["DASHSCOPE_BASE_URL", "dashscope", /DASHSCOPE_BASE_URL must be an http or https address.*"dashscope"/],
    ["DASHSCOPE_BASE_URL", "ftp://x.test", /DASHSCOPE_BASE_URL must be an http or https address/],
    [
      "DASHSCOPE_IMAGE_HOSTS",
      "http://x.test",
      /DASHSCOPE_IMAGE_HOSTS must be a comma list of host or host:port/,
    ],
    [
      "PROVIDER_REQUESTS_PER_MINUTE",
      "fast",
      /PROVIDER_REQUESTS_PER_MINUTE must be a number from 0.1 to 6000; it is "fast"/,
    ],
    ["PROVIDER_REQUESTS_PER_MINUTE", "0", /PROVIDER_REQUESTS_PER_MINUTE must be at least 0.1/],
    ["PROVIDER_TIMEOUT_SECONDS", "299", /PROVIDER_TIMEOUT_SECONDS must be at most 298/],
    ["WORKER_CONCURRENCY", "1", /WORKER_CONCURRENCY must be at least 2/],
    ["PROVIDER_BURST", "1.5", /PROVIDER_BURST must be a whole number/],
  ])("says what is wrong with %s=%s", (name, value, message) => {
    expect(() => local({ [name]: value })).toThrow(message);
  });

  it("names all that is wrong at once", () => {
    expect(() => local({ DASHSCOPE_REGION: "us", WORKER_CONCURRENCY: "many" })).toThrow(
      /DASHSCOPE_REGION[\s\S]*WORKER_CONCURRENCY/,
    );
  });
});

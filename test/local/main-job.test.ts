import { InvokeCommand } from "@aws-sdk/client-lambda";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import ExifReader from "exifreader";
import { describe, expect, test } from "vitest";
import { pixelsOf } from "../support/pixels.ts";
import { unmarked } from "../support/unmarked.ts";
import { aws, call, callsFor, create, dimensions, download, ended, stack, uniquePrompt } from "./harness.ts";

async function invokeTask(payload: unknown): Promise<{ failed: boolean; answer: Record<string, unknown> }> {
  const { Payload, FunctionError } = await aws.functions.send(
    new InvokeCommand({ FunctionName: stack.task_function_name, Payload: JSON.stringify(payload) }),
  );
  return { failed: FunctionError !== undefined, answer: JSON.parse(Buffer.from(Payload ?? []).toString()) };
}

describe("a prompt in, a durable PNG out", () => {
  test("a created generation ends within the wait, and its address serves the bytes that were painted", async () => {
    const prompt = uniquePrompt();
    const { status, headers, body } = await call("/generations", {
      json: { prompt, size: "928x1664", seed: 7 },
    });

    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: "succeeded",
      input: { prompt, size: "928*1664", seed: 7 },
      error: null,
    });
    expect(body.usage).toEqual({ images: 1, cost: "0.075", currency: "USD", billed: "yes" });
    expect(headers.get("location")).toContain(body.id);
    const { bytes, sha256, paintedSha256 } = await download(body);
    const [painted] = await callsFor(prompt);
    expect(dimensions(bytes)).toEqual([928, 1664]);
    expect(sha256).toBe(body.image?.sha256);
    expect(paintedSha256).toBe(painted?.image_sha256);
    expect(body.provider).toEqual({ region: "sg", request_id: painted?.request_id });
  });

  test("the stored picture says to another maker's reader that it was generated, and by what", async () => {
    const { body } = await call("/generations", { json: { prompt: uniquePrompt() } });

    const { bytes } = await download(body);
    const { DigitalSourceType, CreatorTool, identifier } = ExifReader.load(bytes);
    const address = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
    expect([DigitalSourceType?.value, CreatorTool?.value, identifier?.value]).toEqual([
      address,
      body.model,
      body.id,
    ]);
    expect(await pixelsOf(bytes)).toEqual(await pixelsOf(unmarked(bytes)));
    expect(body.provenance).toMatchObject({
      marked: ["iptc"],
      digital_source_type: "trainedAlgorithmicMedia",
    });
    const { Metadata } = await aws.bucket.send(
      new HeadObjectCommand({ Bucket: body.image?.bucket, Key: body.image?.key }),
    );
    expect(Metadata).toMatchObject({ "digital-source-type": "trainedAlgorithmicMedia", marked: "iptc" });
  });

  test("respond-async answers at once, and a long poll hears of the end", async () => {
    const { id, status } = await create({ prompt: uniquePrompt("[[latency:1500]]") });

    expect(["queued", "running"]).toContain(status);
    expect((await ended(id)).status).toBe("succeeded");
  });

  test("the image's stable address redirects to the bytes", async () => {
    const { body } = await call("/generations", { json: { prompt: uniquePrompt() } });

    const redirect = await call(`/generations/${body.id}/image`);

    expect(redirect.status).toBe(302);
    const bytes = Buffer.from(await (await fetch(redirect.headers.get("location") ?? "")).arrayBuffer());
    expect(bytes.length).toBe(body.image?.bytes);
  });

  test("without a key, or with a wrong one, nobody gets in and nothing is painted", async () => {
    const prompt = uniquePrompt();
    const without = await fetch(`${stack.api_url}/generations`, {
      method: "POST",
      body: JSON.stringify({ prompt }),
    });
    const wrong = await call("/generations", {
      json: { prompt },
      headers: { authorization: "Bearer aik_wrong" },
    });

    expect([without.status, wrong.status]).toEqual([401, 401]);
    expect(without.headers.get("content-type")).toBe("application/problem+json");
    expect(await callsFor(prompt)).toEqual([]);
  });

  test("refused content ends as a problem that carries the provider's code, unbilled", async () => {
    const prompt = uniquePrompt(
      "[[error:400:DataInspectionFailed:Input data may contain inappropriate content.]]",
    );
    const { status, body } = await call("/generations", { json: { prompt } });

    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: "content_rejected",
      billed: "no",
      provider: { code: "DataInspectionFailed" },
    });
    expect(await callsFor(prompt)).toHaveLength(1);
  });
});

describe("a direct invocation of the task function", () => {
  test("returns the generation", async () => {
    const { failed, answer } = await invokeTask({ prompt: uniquePrompt() });

    expect(failed).toBe(false);
    expect(answer).toMatchObject({ object: "generation", status: "succeeded" });
  });

  test("fails with ContentRejected for a refused prompt", async () => {
    const { failed, answer } = await invokeTask({
      prompt: uniquePrompt("[[error:400:DataInspectionFailed]]"),
    });

    expect(failed).toBe(true);
    // The emulator replaces an error's type by its own; its message is ours.
    expect(JSON.parse(String(answer.errorMessage))).toMatchObject({
      name: "ContentRejected",
      code: "content_rejected",
    });
  });

  test("fails with InvalidRequest that names every fault", async () => {
    const { failed, answer } = await invokeTask({ prompt: "", size: "1*1", colour: "red" });

    const { name, errors } = JSON.parse(String(answer.errorMessage));
    expect(failed).toBe(true);
    expect(name).toBe("InvalidRequest");
    expect(errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      "#/colour",
      "#/prompt",
      "#/size",
    ]);
  });
});

import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, test } from "vitest";
import { createKeptAnswers } from "../../../lambdas/painting/kept-answers.ts";
import { createObjectAddresses } from "../../../lambdas/platform/object-addresses.ts";
import type { Submission } from "../../../lambdas/providers/port.ts";
import { NOON, queued, submitting } from "../../support/generations.ts";
import { accepted, lost, workerBench } from "../../support/worker-bench.ts";

const raw = {
  status: 200,
  headers: { "content-type": "text/plain" },
  body: Buffer.from("what is this?"),
  receivedBytes: 13,
  complete: true,
};
const riddle: Submission = {
  outcome: "unknown",
  detail: "answer 200 without readable JSON",
  provider: { code: null, message: null, requestId: null, status: 200 },
  raw,
};
const inside: Submission = {
  outcome: "accepted",
  requestId: "request-1",
  sourceUrl: null,
  sourceUrls: [],
  inline: Buffer.from("a picture"),
  sourceExpiresAt: new Date(NOON + 3_600_000),
  width: null,
  height: null,
};

function asking(answer: Submission, answers: Partial<ReturnType<typeof createKeptAnswers>> = {}) {
  const usual = workerBench().dependencies.answers;
  const bench = workerBench({ answers: { ...usual, ...answers } });
  const generation = queued({ body: { prompt: "fox" } });
  bench.put(generation);
  bench.answers.push(answer);
  return { bench, generation };
}

describe("an answer that is not understood", () => {
  test("is kept, and the failure says where", async () => {
    const { bench, generation } = asking(riddle, { keep: async ({ id }) => `answers/${id}-claim.json` });
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: {
        code: "upstream_outcome_unknown",
        message: expect.stringContaining(
          `(answer 200 without readable JSON; kept as answers/${generation.id}-claim.json)`,
        ),
      },
    });
  });

  test("ends the generation all the same where the bucket refuses it", async () => {
    const { bench, generation } = asking(riddle, { keep: () => Promise.reject(new Error("refused")) });
    await bench.deliver(generation);
    expect(bench.record(generation)).toMatchObject({
      state: "failed",
      error: { message: expect.stringContaining("(answer 200 without readable JSON);") },
    });
  });

  test("that never came is not kept", async () => {
    const { bench, generation } = asking(lost, { keep: () => Promise.reject(new Error("never called")) });
    await bench.deliver(generation);
    expect(JSON.stringify(bench.record(generation))).not.toContain("kept as");
  });
});

describe("a picture inside its answer", () => {
  test("is in the bucket before the checkpoint, and fetched from there", async () => {
    const { bench, generation } = asking(inside, {
      keepPicture: async (claim, bytes) => {
        expect(bench.record(claim).state).toBe("submitting");
        return `s3://bucket/${Buffer.from(bytes)}`;
      },
    });
    await bench.deliver(generation);
    expect(bench.downloaded).toEqual(["s3://bucket/a picture"]);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("is kept trying while the bucket refuses for a while", async () => {
    let refusals = 3;
    const { bench, generation } = asking(inside, {
      keepPicture: async () => {
        if (refusals-- > 0) throw new Error("refused");
        return "s3://bucket/kept";
      },
    });
    await bench.deliver(generation);
    expect(bench.asked).toHaveLength(1);
    expect(bench.record(generation).state).toBe("succeeded");
  });

  test("an address goes into the record as it is", async () => {
    const { bench, generation } = asking(accepted);
    await bench.deliver(generation);
    expect(bench.downloaded).toEqual([accepted.sourceUrl]);
  });
});

describe("the bucket's side", () => {
  const place = { region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  const client = new S3Client(place);
  const addresses = createObjectAddresses({ ...place, endpoint: undefined, now: Date.now });
  const answers = createKeptAnswers(client, addresses, "bucket");
  const claim = submitting();

  test("an answer is one object of a claim, with its bytes as they came", async () => {
    const s3 = mockClient(client);
    s3.on(PutObjectCommand).resolves({});
    const key = await answers.keep(claim, raw);
    s3.restore();
    expect(key).toBe(`answers/${claim.id}-${claim.claim_id}.json`);
    const [put] = s3.commandCalls(PutObjectCommand);
    expect(put?.args[0].input).toMatchObject({ Bucket: "bucket", Key: key });
    expect(JSON.parse(String(put?.args[0].input.Body))).toEqual({
      status: 200,
      headers: { "content-type": "text/plain" },
      received_bytes: 13,
      complete: true,
      body_base64: Buffer.from("what is this?").toString("base64"),
    });
  });

  test("an accepted answer is found again by its claim, and absence is what the list proves", async () => {
    const s3 = mockClient(client);
    const answer = { requestId: null, sourceUrl: "https://h/a.png", sourceExpiresAt: 1, width: 2, height: 3 };
    const key = `answers/${claim.id}-${claim.claim_id}.accepted.json`;
    s3.on(PutObjectCommand).resolves({});
    await answers.keepAccepted(claim, answer);
    const [put] = s3.commandCalls(PutObjectCommand);
    expect(put?.args[0].input).toMatchObject({ Bucket: "bucket", Key: key });
    s3.on(ListObjectsV2Command, { Prefix: key }).resolvesOnce({ KeyCount: 0 }).resolves({ KeyCount: 1 });
    const Body = { transformToString: async () => String(put?.args[0].input.Body) };
    s3.on(GetObjectCommand, { Key: key }).resolves({ Body: Body as never });
    expect(await answers.accepted(claim)).toBeNull();
    expect(await answers.accepted(claim)).toEqual(answer);
    s3.on(GetObjectCommand).rejects(new Error("AccessDenied"));
    await expect(answers.accepted(claim)).rejects.toThrow("AccessDenied");
    s3.restore();
  });

  test("a kept picture has an address that can be fetched; no other address has", async () => {
    const s3 = mockClient(client);
    s3.on(PutObjectCommand).resolves({});
    const source = await answers.keepPicture(claim, Buffer.from("a picture"));
    s3.restore();
    expect(source).toBe(`s3://bucket/answers/${claim.id}.picture`);
    const address = await answers.addressOf(source);
    expect(address?.pathname).toContain(`answers/${claim.id}.picture`);
    expect(address?.search).toContain("X-Amz-Signature");
    expect(await answers.addressOf("s3://another/answers/a.picture")).toBeNull();
    expect(await answers.addressOf("https://h.example/a.png")).toBeNull();
  });
});

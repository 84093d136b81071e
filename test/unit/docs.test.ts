import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import openapiTS, { astToString } from "openapi-typescript";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", ...markdownIn("docs")];
const scratch = join(root, "node_modules", ".cache", `readme-${process.pid}`);

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** GitHub's anchors of a page's headings. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe("the documentation", () => {
  test.each(pages)("%s links only to what is there", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? join(root, page) : resolve(root, dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(target.slice(root.length)).includes(anchor);
    });

    expect(broken).toEqual([]);
  });

  test.each(pages)("%s names only files that are there", (page) => {
    const named = [...read(page).matchAll(/`((?:lambdas|lib|bin|test|docs)\/[\w./-]+\.(?:ts|md|json))`/g)];

    expect(named.map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("the guarantees name test files that are there, and titles that are in them", () => {
    const named = [
      ...read("docs/guarantees.md").matchAll(/`((?:unit|local|stack)\/[\w./-]+)`((?:,? ?\*[^*]+\*)*)/g),
    ];
    expect(named.length).toBeGreaterThan(30);
    const missing = named.flatMap(([, name = "", titles = ""]) => {
      const path = join("test", `${name}.test.ts`);
      if (!existsSync(join(root, path))) return [path];
      const source = read(path);
      return [...titles.matchAll(/\*([^*]+)\*/g)]
        .map(([, title = ""]) => title.replace(/…$/, ""))
        .filter((title) => !source.includes(title))
        .map((title) => `${path}: ${title}`);
    });

    expect(missing).toEqual([]);
  });

  test("its npm commands are scripts", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    const used = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name),
    );

    expect([...new Set(used)].filter((name) => !scripts.includes(name))).toEqual([]);
  });

  test("the README's TypeScript compiles against the types of the OpenAPI document", {
    timeout: 60_000,
  }, async () => {
    mkdirSync(scratch, { recursive: true });
    const types = await openapiTS(new URL("../../docs/openapi.json", import.meta.url));
    writeFileSync(join(scratch, "image-service.d.ts"), astToString(types));
    const samples = [...read("README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
    expect(samples.length).toBeGreaterThanOrEqual(2);
    const files = samples.map((code, index) => {
      const file = join(scratch, `sample-${index}.ts`);
      writeFileSync(file, `${code}\nexport {};\n`);
      return file;
    });

    const options =
      "--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --skipLibCheck --types node";
    const compile = () =>
      execFileSync(join(root, "node_modules/.bin/tsc"), [...options.split(" "), ...files], {
        cwd: root,
        encoding: "utf8",
        stdio: "pipe",
      });

    expect(compile()).toBe("");
  });

  describe("the README's Worker", () => {
    const env = { IMAGE_SERVICE_URL: "https://service.example/v1", IMAGE_SERVICE_KEY: "aik_1" };
    const pauses: number[] = [];
    afterEach(() => {
      pauses.length = 0;
      vi.unstubAllGlobals();
    });

    /** What it answers when its generation has succeeded with this picture. */
    const answerFor = (image: { url: string } | null) =>
      run(async () => Response.json({ ...succeeded, image }, { status: 201 }));
    const succeeded = {
      id: "gen_1",
      status: "succeeded",
      error: null,
      image: { url: "https://b.example/1.png" },
    };

    async function run(service: (url: string) => Promise<Response>): Promise<Response> {
      const [, sample = ""] = /```ts\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
      const { code } = await transform(sample, { loader: "ts", format: "esm" });
      const { default: worker } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
      vi.stubGlobal("fetch", service);
      // Its pauses are asked for, not waited for.
      vi.stubGlobal("setTimeout", (resume: () => void, milliseconds: number) => {
        pauses.push(milliseconds);
        queueMicrotask(resume);
      });
      return worker.fetch(new Request("https://shop.example/?order=7"), env);
    }

    test("redirects to the picture", async () => {
      const answer = await answerFor({ url: "https://bucket.example/gen_1.png" });
      expect(answer.headers.get("location")).toBe("https://bucket.example/gen_1.png");
    });

    test("follows the address that it was given, when it is told to", async () => {
      const self = "https://service.example/v1/generations/gen_1";
      const asked: string[] = [];
      const answer = await run(async (url) => {
        asked.push(url);
        if (asked.length > 1) return Response.json(succeeded);
        const headers = { "Retry-After": "7" };
        return Response.json({ id: "gen_1", status: "queued", urls: { self } }, { status: 202, headers });
      });
      expect([answer.status, asked, pauses]).toEqual([
        302,
        ["https://service.example/v1/generations", self],
        [7000],
      ]);
    });

    test("asks again after a refusal that passes, and only then", async () => {
      const refused = (extras: object) =>
        Response.json(
          { code: "rate_limited", detail: "Wait.", retryable: true, ...extras },
          { status: 429, headers: { "Retry-After": "3" } },
        );
      const answers = [refused({}), Response.json(succeeded)];
      expect((await run(async () => answers.shift() ?? refused({}))).status).toBe(302);
      expect(pauses).toEqual([3000]);
      await expect(run(async () => refused({ retryable: false }))).rejects.toThrow("rate_limited: Wait.");
      await expect(run(async () => refused({ instance: "/v1/generations/gen_1" }))).rejects.toThrow("Wait.");
      await expect(run(async () => refused({}))).rejects.toThrow("time after time");
    });

    test("says so where the picture was removed", async () => {
      await expect(answerFor(null)).rejects.toThrow("The picture of gen_1 was removed.");
    });
  });
});

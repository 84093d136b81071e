import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchOf } from "../support/fetch-of.ts";
import { apiUnderTest } from "../support/in-memory-api.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "bin/sdk/README.md",
  ...markdownIn("docs"),
];
const tsc = join(root, "node_modules/.bin/tsc");
const scratch = join(root, "node_modules", ".cache", `readme-${process.pid}`);

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

function samplesOf(page: string): string[] {
  return [...read(page).matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code);
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
afterEach(() => {
  vi.unstubAllGlobals();
});

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

  describe("its TypeScript", () => {
    // As in a project of its own that has installed the client's package.
    beforeAll(() => {
      const installed = join(scratch, "node_modules", "addreams-image-service-client");
      execFileSync(tsc, ["-p", join(root, "bin/sdk"), "--outDir", join(installed, "dist")]);
      copyFileSync(join(root, "bin/sdk/package.json"), join(installed, "package.json"));
    }, 60_000);

    test.each(["README.md", "bin/sdk/README.md"])("in %s compiles", { timeout: 60_000 }, (page) => {
      const files = samplesOf(page).map((code, index) => {
        const file = join(scratch, `${page.replaceAll("/", "-")}-${index}.ts`);
        writeFileSync(file, `${code}\nexport {};\n`);
        return file;
      });
      const options =
        "--noEmit --strict --target es2022 --module esnext --moduleResolution bundler --skipLibCheck --types node";
      const compile = () =>
        execFileSync(tsc, [...options.split(" "), ...files], {
          cwd: scratch,
          encoding: "utf8",
          stdio: "pipe",
        });

      expect(files.length).toBeGreaterThanOrEqual(2);
      expect(compile()).toBe("");
    });

    test("is a Worker that redirects to the picture of an order", async () => {
      const worker = join(scratch, "worker.ts");
      writeFileSync(worker, samplesOf("README.md")[0] ?? "");
      const bundle = join(scratch, "worker.mjs");
      await build({ entryPoints: [worker], outfile: bundle, bundle: true, format: "esm", logLevel: "error" });
      const { default: readme } = await import(bundle);
      const api = apiUnderTest();
      api.meanwhile.push(() => api.succeed([...api.generations.records.keys()][0] ?? ""));
      vi.stubGlobal("fetch", fetchOf(api));

      const variables = { IMAGE_SERVICE_URL: "https://api.example/v1", IMAGE_SERVICE_KEY: "aik_1" };
      const order = () => readme.fetch(new Request("https://shop.example/?order=7"), variables);
      const [first, second] = [await order(), await order()];
      expect([first.status, second.status, api.generations.records.size]).toEqual([302, 302, 1]);
      expect(first.headers.get("location")).toMatch(/^https:/);
    });
  });
});

import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { barriers, openPage, sideways } from "../support/browser-page.ts";
import { startChromium } from "../support/chromium.ts";
import { DescribedApi } from "../support/described-api.ts";
import { stack } from "./harness.ts";

const run = promisify(execFile);
/** Screenshots are kept, for who wants to see what the tests saw. */
const pictures = mkdtempSync(join(tmpdir(), "image-service-docs-"));
const address = `${stack.api_url}/docs`;

describe("the reference page in a browser", () => {
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  // Installing a browser takes its time.
  beforeAll(async () => {
    browser = await startChromium();
    ({ page, complaints } = await openPage(browser, address));
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    console.info(`Screenshots of the reference page: ${pictures}`);
  });

  test("shows every operation", async () => {
    const { document } = await DescribedApi.at(stack.api_url, stack.api_key);
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const operations = page.locator("section[id^=tag-] .operation > summary");
    const shown = (await operations.allInnerTexts()).map((text) => text.split(/\s+/).slice(0, 2).join(" "));
    expect(shown.sort()).toEqual(routes.sort());
    await page.screenshot({ path: join(pictures, "page.png") });
  });

  test("has a quick start that works as it is copied, in each language", async () => {
    const env = { ...process.env, API_KEY: stack.api_key };
    const copied = async (language: string) => {
      await page.getByRole("tab", { name: language }).click();
      return (await page.getByRole("tabpanel", { name: language }).locator("pre").textContent()) ?? "";
    };
    const curl = (await copied("curl")).replace(/^export .*\n/, "");
    const { id } = JSON.parse((await run("bash", ["-c", curl], { env })).stdout);
    expect(id).toMatch(/^gen_/);
    const typescript = await run(
      process.execPath,
      ["--input-type=module-typescript", "-e", await copied("TypeScript")],
      { env },
    );
    const python = await run("python3", ["-c", await copied("Python")], { env });
    // One intent, three times: one picture.
    for (const { stdout } of [typescript, python]) expect(stdout).toContain(id);
  });

  test("goes from tab to tab by arrows", async () => {
    await page.getByRole("tab", { name: "curl" }).click();
    await page.keyboard.press("ArrowRight");
    const chosen = page.getByRole("tab", { selected: true });
    expect(await chosen.textContent()).toBe("TypeScript");
    await page.keyboard.press("ArrowLeft");
    expect(await chosen.textContent()).toBe("curl");
  });

  test("asks for the key first, then sends what one tries, twice without a fault", async () => {
    await page.goto(`${address}#createGeneration`);
    const form = page.getByRole("form", { name: "Try Create a generation" });
    const send = form.getByRole("button", { name: "Send" });
    await send.click();
    await form.getByText("Paste your key above first.").waitFor();
    await page.getByLabel("API key").fill(stack.api_key);
    for (const prompt of ["a hare", "a heron"]) {
      await form.getByLabel("Body", { exact: true }).fill(JSON.stringify({ prompt }));
      await form.getByLabel("Prefer", { exact: true }).fill("respond-async");
      await send.click();
      await form.getByText(/^202/).waitFor();
      await form.getByText(`"${prompt}"`).waitFor();
    }
    await page.screenshot({ path: join(pictures, "tried.png") });
  });

  test("keeps nobody out, in the dark, and in the light with everything unfolded", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await barriers(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: "light" });
    await page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
    expect(await barriers(page)).toEqual([]);
  });

  test("fits a phone, with everything unfolded", async () => {
    const phone = await openPage(browser, address, { viewport: { width: 390, height: 844 } });
    await phone.page.screenshot({ path: join(pictures, "phone.png") });
    await phone.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))");
    expect([await sideways(phone.page), phone.complaints]).toEqual([0, []]);
    await phone.page.context().close();
  });

  test("complains of nothing, and asks nobody but the service", () => {
    expect(complaints).toEqual([]);
  });
});

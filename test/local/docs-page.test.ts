import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChromium } from "../support/chromium.ts";
import { DescribedApi } from "../support/described-api.ts";
import { stack } from "./harness.ts";

/** Screenshots are kept, for whoever wants to see what the tests saw. */
const pictures = mkdtempSync(join(tmpdir(), "image-service-docs-"));

describe("the reference page in a browser", () => {
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  // Installing a browser takes its time.
  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(`${stack.api_url}/docs`);
    await page.getByRole("heading", { name: "Image service" }).waitFor();
  }, 600_000);
  afterAll(() => browser?.close());

  test("shows every operation, and the table of problems", async () => {
    const { document } = await DescribedApi.at(stack.api_url, stack.api_key);
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = await page.locator(".opblock").evaluateAll((blocks) =>
      blocks.map(({ innerText }: { innerText: string }) => {
        const [method, path] = innerText.replaceAll("\u200b", "").split(/\s+/);
        return `${method} ${path}`;
      }),
    );
    expect(shown.sort()).toEqual(routes.sort());
    const codes = await page.locator(".info table td:first-child").allInnerTexts();
    expect(codes).toContain("content_rejected");
    await page.screenshot({ path: join(pictures, "page.png") });
  });

  test("opens an operation, with its body, its answers and their examples", async () => {
    const operation = page.locator("#operations-Generations-createGeneration");
    await operation.getByRole("button").first().click();

    await operation.getByText("Accepts a prompt and waits for its picture").waitFor();
    await operation.getByText("Idempotency-Key", { exact: true }).first().waitFor();
    const statuses = await operation.locator("tr.response .response-col_status").allInnerTexts();
    expect(statuses.map((text) => text.trim())).toEqual(
      expect.arrayContaining(["201", "202", "422", "429", "504"]),
    );
    expect(await operation.locator(".highlight-code").first().textContent()).toContain('"prompt"');
    await operation.scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(pictures, "operation.png") });
  });

  test("asks nobody but the service, and complains of nothing", () => {
    const { origin } = new URL(stack.api_url);
    const elsewhere = requests.filter((url) => !url.startsWith("data:") && new URL(url).origin !== origin);
    expect([elsewhere, complaints]).toEqual([[], []]);
    expect(requests).toContain(`${stack.api_url}/openapi.json`);
    console.info(`Screenshots of the reference page: ${pictures}`);
  });
});

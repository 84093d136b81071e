import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** A page in a browser, and what it complained of. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors, warnings and violations of the content security policy; none is to be expected but refusals. */
  readonly complaints: string[];
}

/** Opens an address in a fresh context: no cookie, no storage of another test. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(address);
  return { page, complaints };
}

/** What axe finds that keeps people out: serious and critical, each with where it is. */
export async function barriers(page: Page): Promise<string[]> {
  // By the debugger, which the page's content security policy does not stop.
  return page.evaluate(`(() => {
    if (window.axe === undefined) { ${axe.source} }
    return window.axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", ")));
  })()`);
}

/** How many pixels of the page lie beside the screen. */
export function sideways(page: Page): Promise<number> {
  return page.evaluate("document.documentElement.scrollWidth - innerWidth");
}

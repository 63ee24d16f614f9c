import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { chromiumArgs, findOrGetChromium } from "../../tools/chromium";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** How long an expectation waits. Longer than Playwright's test default, because other tests run at the same time. */
export const PATIENCE_MS = 20_000;

/** Opens one browser for the tests of a suite. `open` returns a new page with its own cookies. */
export function withBrowser(): Pick<TestBrowser, "open" | "context"> {
  const browser = new TestBrowser();
  before(async function () {
    this.timeout(5 * 60_000);
    await browser.start();
  });
  afterEach(() => browser.check());
  after(() => browser.stop());
  return browser;
}

/** A browser that remembers what no page may do: errors in the console, uncaught errors, and requests to other hosts. */
class TestBrowser {
  private browser: Browser | undefined;
  private readonly contexts: BrowserContext[] = [];
  private problems: string[] = [];

  async start(): Promise<void> {
    this.browser = await chromium.launch({ executablePath: await findOrGetChromium(), args: [...chromiumArgs] });
  }

  async stop(): Promise<void> {
    await this.browser?.close();
  }

  /** Opens an address in a new context. */
  async open(url: string, options: BrowserContextOptions & ContextOptions = {}): Promise<Page> {
    const context = await this.context(url, options);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Creates a context whose pages may only send requests to the origin of `url`. */
  async context(url: string, { expected = [], ...options }: BrowserContextOptions & ContextOptions = {}) {
    const context = await (this.browser as Browser).newContext({ reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const report = (problem: string) => {
      if (!expected.some((pattern) => pattern.test(problem))) this.problems.push(problem);
    };
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        report(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => report(`uncaught: ${error.error().stack}`));
    context.on("request", (request) => {
      const target = new URL(request.url());
      if (!/^(data|blob):$/.test(target.protocol) && target.origin !== new URL(url).origin)
        report(`request to another host: ${request.url()}`);
    });
    this.contexts.push(context);
    return context;
  }

  /** Closes the pages of a test. Fails when one of them did what no page may do. */
  async check(): Promise<void> {
    await Promise.all(this.contexts.splice(0).map((context) => context.close()));
    const problems = this.problems;
    this.problems = [];
    assert.deepEqual(problems, []);
  }
}

interface ContextOptions {
  /** Problems that the test causes, for example the browser's message about a reply with status 401. */
  expected?: readonly RegExp[];
}

/** Fails when axe-core finds a violation on the page. */
export async function assertAccessible(page: Page): Promise<void> {
  const violations: string[] = await page.evaluate(
    `${axe}; axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary)))`,
  );
  assert.deepEqual(violations, [], page.url());
}

/** Fails when the page is wider than the window, so that it scrolls sideways. */
export async function assertFits(page: Page): Promise<void> {
  const [content, window] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  assert.ok(content <= window, `${page.url()} is ${content} px wide in a window of ${window} px`);
}

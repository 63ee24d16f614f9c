import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { COLUMNS } from "./terminal";
import type { TrainedJobs } from "./trainings";

const WINDOW = { width: 1280, height: 900 };

/**
 * Takes the pictures of the page and of the terminal.
 *
 * @param folder where the pictures are written
 * @returns the names of the files
 */
export async function takePictures(
  browser: Browser,
  serverUrl: string,
  terminal: string,
  { succeeded, running }: TrainedJobs,
  folder: string,
): Promise<string[]> {
  const files: string[] = [];
  const job = `/jobs/${succeeded[0]}`;
  await ofPage("jobs.png", "/");
  await ofPage("job.png", job);
  await ofPage("job-dark.png", job, { colorScheme: "dark" });
  await ofPage("job-running.png", `/jobs/${running}`);
  await ofPage("compare.png", `/compare?jobs=${succeeded.join(",")}`);
  await withPage({ viewport: { width: 9 * COLUMNS, height: 100 } }, async (page) => {
    await page.setContent(terminal);
    await take(page, "up.png", true);
  });
  return files;

  async function ofPage(file: string, path: string, options: BrowserContextOptions = {}): Promise<void> {
    await withPage(options, async (page) => {
      await page.goto(serverUrl + path, { waitUntil: "domcontentloaded" });
      const drawn = page.locator(path === "/" ? "tbody tr svg" : "figure canvas");
      await drawn.first().waitFor();
      // The charts are drawn in the frames after the first one.
      await page.evaluate("new Promise((resolve) => setTimeout(resolve, 1000))");
      await take(page, file, false);
    });
  }

  async function take(page: Page, file: string, fullPage: boolean): Promise<void> {
    await page.screenshot({ path: join(folder, file), fullPage });
    files.push(file);
  }

  async function withPage(options: BrowserContextOptions, work: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ viewport: WINDOW, colorScheme: "light", ...options });
    await work(await context.newPage());
    await context.close();
  }
}

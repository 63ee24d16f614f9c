import { writeFile } from "node:fs/promises";
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
    await writeFile(join(folder, "up.webp"), await toWebp(page, await page.screenshot({ fullPage: true })));
    files.push("up.webp");
  });
  return files;

  async function ofPage(file: string, path: string, options: BrowserContextOptions = {}): Promise<void> {
    await withPage(options, async (page) => {
      await page.goto(serverUrl + path, { waitUntil: "domcontentloaded" });
      const drawn = page.locator(path === "/" ? "tbody tr svg" : "figure canvas");
      await drawn.first().waitFor();
      // The charts are drawn in the frames after the first one.
      await page.evaluate("new Promise((resolve) => setTimeout(resolve, 1000))");
      await page.screenshot({ path: join(folder, file) });
      files.push(file);
    });
  }

  async function withPage(options: BrowserContextOptions, work: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext({ viewport: WINDOW, colorScheme: "light", ...options });
    await work(await context.newPage());
    await context.close();
  }
}

/** Converts a PNG to a WebP without losses, which takes less than half of the bytes for text. Chromium's screenshots are PNG only. */
async function toWebp(page: Page, png: Buffer): Promise<Buffer> {
  const source = `data:image/png;base64,${png.toString("base64")}`;
  // A text, because the repository's tools are compiled without the types of a browser.
  const url: string = await page.evaluate(`(async () => {
    const image = new Image();
    image.src = "${source}";
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 1);
  })()`);
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

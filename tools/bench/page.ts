import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { openDatabase } from "../../server/src/store/database";
import { JobStore } from "../../server/src/store/jobs";
import { MetricStore } from "../../server/src/store/metrics/metricStore";
import { TestServer } from "../../test/support/server";
import { chromiumArgs, findOrGetChromium } from "../chromium";
import { type Comparison, median } from "./compare";
import { writeEndedJobs } from "./endedJobs";

const ROUNDS = 7;
const JOBS = 10_000;
const STEPS = 100_000;
/** The server stores the points of a training in parts, as it reads them. */
const BATCH = 1_000;
const assets = resolve(__dirname, "../../server/dist/page/assets");

/** Measures the size of the server's page, and how fast Chromium shows a list of many jobs and a job of many steps. */
export async function page(): Promise<Comparison[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-page-"));
  let browser: Browser | undefined;
  try {
    const jobId = writeEndedJobs(folder, JOBS);
    writePoints(folder, jobId);
    const server = await TestServer.start({ dataFolder: folder });
    browser = await chromium.launch({ executablePath: await findOrGetChromium(), args: [...chromiumArgs] });
    const list = await rounds(browser, (opened) => firstRow(opened, server.url));
    const job = await rounds(browser, (opened) => drawn(opened, server.url, jobId));
    const about = { against: "target (not measured)", aim: "≤ 1" };
    return [
      { ...about, what: "size of the page, compressed with Brotli", unit: "kB", ...against(await size(), 150) },
      {
        ...about,
        what: `opening the list of ${JOBS} jobs with an empty cache, until its rows are painted`,
        unit: "ms",
        ...against(list, 500),
      },
      {
        ...about,
        what: `opening a job of ${STEPS} steps from the list, until its curves are drawn`,
        unit: "ms",
        ...against(job, 300),
      },
    ];
  } finally {
    await browser?.close();
    await TestServer.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

const against = (ours: number, theirs: number) => ({ ours, theirs, ratio: ours / theirs });

/** Returns the bytes that a browser loads, in kB. */
async function size(): Promise<number> {
  const names = (await readdir(assets)).filter((name) => name.endsWith(".br"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(assets, name))).size));
  return sizes.reduce((sum, bytes) => sum + bytes, 0) / 1000;
}

/** Returns the median of several rounds, each with an empty cache, after one round to warm up. */
async function rounds(browser: Browser, measure: (opened: Page) => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const figure = await measure(await context.newPage());
    if (round > 0) figures.push(figure);
    await context.close();
  }
  return median(figures);
}

/** Runs in the page: resolves, in the frame after the elements exist, to the time since the page began to load. */
const painted = (selector: string) => `new Promise((resolve) => {
  const check = () => document.querySelector(${JSON.stringify(selector)})
    ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
    : requestAnimationFrame(check);
  check();
})`;

/** Returns the milliseconds from the request of the page until the first row of the list is painted. */
async function firstRow(opened: Page, url: string): Promise<number> {
  await opened.goto(url, { waitUntil: "commit" });
  return opened.evaluate<number>(painted("tbody tr a"));
}

/** Returns the milliseconds from the click on a job until its curves are drawn. Includes the requests. */
async function drawn(opened: Page, url: string, jobId: string): Promise<number> {
  await opened.goto(`${url}/?search=${jobId}`);
  const link = `tbody a[href$="${jobId}"]`;
  await opened.locator(link).waitFor();
  return opened.evaluate<number>(`(() => {
    const start = performance.now();
    document.querySelector(${JSON.stringify(link)}).click();
    return ${painted("figure canvas")}.then((end) => end - start);
  })()`);
}

/** Writes the points of a training with many steps, as the server stores them. */
function writePoints(dataFolder: string, jobId: string): void {
  const database = openDatabase(join(dataFolder, "server.db"));
  try {
    const store = new MetricStore(database);
    new JobStore(database).atomically(() => {
      for (let first = 1; first <= STEPS; first += BATCH) {
        const steps = Array.from({ length: BATCH }, (_, index) => first + index);
        store.add(
          jobId,
          steps.map((step) => ({
            ...{ id: step, type: "step", step, createdAt: Date.now() + step * 100 },
            metrics: { train_loss: 2 / Math.sqrt(step) + Math.sin(step) / 10 + 0.2, learning_rate: 1e-4, grad_norm: 1 },
          })),
        );
      }
    });
  } finally {
    database.close();
  }
}

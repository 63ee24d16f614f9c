import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { Api } from "../server/support";
import { withBrowser } from "../support/browser";
import { eventually } from "../support/eventually";
import { TestServer } from "../support/server";

const LINK = { name: "Compare (2)" };

describe("page: live", function () {
  // The browser shares the machine with other tests.
  this.timeout(60_000);
  const browser = withBrowser();
  let server: TestServer;
  let api: Api;
  before(async () => {
    server = await TestServer.start({ speed: 20 });
    api = new Api(server.url);
  });
  after(() => server.stopAndRemove());

  /** At speed 20, a step takes 0.1 s. */
  const start = async (suffix: string, training_steps: number): Promise<string> =>
    (await api.job({ suffix, hyperparameters: { training_steps }, validation_files: [await validationFile()] })).id;
  let validation: Promise<string> | undefined;
  const validationFile = () => {
    validation ??= api.fileId(`${JSON.stringify({ messages: MESSAGES })}\n`, "valid.jsonl");
    return validation;
  };

  it("follows a job from the start to the end without a reload, and draws its curves", async () => {
    const page = await browser.open(server.url);
    await page.evaluate("window.isFirstLoad = true");
    await page.getByText("No jobs yet").waitFor();
    const id = await start("watched", 50);
    await page.getByRole("link", { name: "watched" }).click();
    assert.equal(new URL(page.url()).pathname, `/jobs/${id}`);
    await status(page, "running").waitFor();
    const loss = page.getByRole("figure", { name: "Loss", exact: true });
    const steps = eventually("more points", async () => (await stepsIn(loss)) > 10);
    await Promise.all([loss.getByText("Show as table").click(), steps]);
    await page.getByRole("progressbar").first().waitFor();

    await status(page, "success").waitFor();
    await page.getByRole("button", { name: "Copy model ID" }).waitFor();
    await eventually("the last point", async () => (await stepsIn(loss)) === 50);
    assert.match(await loss.innerText(), /Training loss[\s\S]*Validation loss/);
    await eventually("the chart", () => hasInk(loss));
    for (const name of [
      "Evaluation: base → tuned",
      "Status timeline",
      "Events",
      "Hyperparameters",
      "Data",
      "Checkpoints",
    ])
      assert.ok(await page.getByRole("heading", { name }).count(), name);
    assert.equal(await page.getByRole("button", { name: "Cancel job" }).count(), 0);
    assert.equal(await page.evaluate("window.isFirstLoad"), true, "the page was not loaded again");
    await page.goBack();
    await page
      .getByRole("row", { name: /watched/ })
      .getByText("success")
      .waitFor();
  });

  it("shows a lost connection, and continues the curve after the server has restarted", async () => {
    const id = await start("restarted", 400);
    const refused = [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/];
    const page = await browser.open(`${server.url}/jobs/${id}`, { expected: refused });
    const loss = page.getByRole("figure", { name: "Loss", exact: true });
    await loss.getByText("Show as table").click();
    await eventually("points", async () => (await stepsIn(loss)) > 2);
    await server.kill();
    const lost = page.getByRole("status").filter({ hasText: "Connection lost" });
    await lost.waitFor();
    const before = await stepsIn(loss);
    await server.start();
    await lost.waitFor({ state: "hidden" });
    await eventually("points after the restart", async () => (await stepsIn(loss)) > before + 2);
    const steps = await shownSteps(loss);
    assert.deepEqual(
      steps,
      [...new Set(steps)].sort((one, other) => one - other),
      "no point is drawn twice",
    );
    assert.equal(steps[0], 0);
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
  });

  it("cancels a job after a confirmation, and starts one that waits for it", async () => {
    const id = await start("unwanted", 100_000);
    const page = await browser.open(`${server.url}/jobs/${id}`);
    await status(page, "running").waitFor();
    const button = page.getByRole("button", { name: "Cancel job" });
    await button.click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("heading", { name: /^Cancel unwanted at step [\d,]+ of 100,000\?$/ }).waitFor();
    await dialog.getByRole("button", { name: "Back" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.ok(await button.evaluate((element) => element.matches(":focus")), "the focus returns to the button");
    assert.equal((await api.getJob(id)).status, "RUNNING");
    await button.click();
    await dialog.getByRole("button", { name: "Yes, cancel this job" }).click();
    await status(page, "cancelled").waitFor();
    const heading = page.getByRole("heading", { level: 1 });
    assert.ok(
      await heading.evaluate((element) => element.matches(":focus")),
      "the button is gone: the heading has the focus",
    );
    assert.equal((await api.getJob(id)).status, "CANCELLED");

    const waiting = await api.job({ suffix: "reviewed", auto_start: false });
    await page.goto(`${server.url}/jobs/${waiting.id}`);
    await page.getByRole("button", { name: "Start job" }).click();
    await dialog.getByRole("button", { name: "Yes, start this job" }).click();
    await status(page, "success").waitFor();
  });

  it("finds jobs, and compares two of them in one chart", async () => {
    const training_files = [await api.fileId()];
    for (const [suffix, learning_rate] of [
      ["rate-low", 1e-5],
      ["rate-high", 1e-3],
    ] as const)
      await api.trained({ suffix, training_files, hyperparameters: { training_steps: 20, learning_rate } });
    const page = await browser.open(server.url);
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("RATE-");
    await page.getByRole("link", { name: "watched" }).waitFor({ state: "detached" });
    await page.getByRole("checkbox", { name: "Select rate-low for comparison" }).check();
    await page.getByRole("checkbox", { name: "Select rate-high for comparison" }).check();
    await page.reload();
    await page.getByRole("link", LINK).or(page.getByRole("button", LINK)).click();
    const chart = page.getByRole("figure").filter({ hasText: "raining loss" }).first();
    await chart.waitFor();
    await eventually("the chart", () => hasInk(chart));
    const text = await page.locator("main").innerText();
    for (const expected of [/rate-low/, /rate-high/, /learning rate/i, /0\.00001|1e-5/, /0\.001|1e-3/]) {
      assert.match(text, expected);
    }
    assert.doesNotMatch(await chart.innerText(), /open-mistral-7b/, "the legend names only what differs");
  });

  const status = (page: Page, text: string) => page.locator(".job-status").getByText(text, { exact: false });

  /** The last step in the table of a chart. */
  const stepsIn = async (figure: ReturnType<Page["locator"]>): Promise<number> =>
    (await shownSteps(figure)).at(-1) ?? 0;

  const shownSteps = async (figure: ReturnType<Page["locator"]>): Promise<number[]> => {
    const texts = await figure.getByRole("rowheader").allInnerTexts();
    return texts.map((text) => Number(text.replace(/\D/g, "")));
  };

  /** Whether something is drawn on the chart's canvas. */
  const hasInk = (figure: ReturnType<Page["locator"]>): Promise<boolean> =>
    figure.locator("canvas").evaluate((element) => {
      const canvas = element as unknown as Canvas;
      return canvas
        .getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height)
        .data.some((value) => value > 0);
    });
});

/** The tests are compiled without the types of a browser. */
interface Canvas {
  width: number;
  height: number;
  getContext(type: "2d"): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}

const MESSAGES = [
  { role: "user", content: "What is the capital of Spain?" },
  { role: "assistant", content: "Madrid." },
];

import assert from "node:assert/strict";
import { Api, SAMPLE } from "../server/support";
import { assertAccessible, assertFits, withBrowser } from "../support/browser";
import { TestServer } from "../support/server";

const PHONE = { width: 360, height: 740 };

describe("page: views", function () {
  // The browser shares the machine with other tests.
  this.timeout(60_000);
  const browser = withBrowser();
  let server: TestServer;
  let paths: Record<string, string>;
  before(async () => {
    server = await TestServer.start({ speed: 2000 });
    const api = new Api(server.url);
    const validation_files = [await api.fileId(`${SAMPLE}\n`, "valid.jsonl")];
    const jobs = [];
    for (const learning_rate of [1e-4, 2e-3, 0.2])
      jobs.push(
        await api.job({
          suffix: `rate-${jobs.length}`,
          validation_files,
          hyperparameters: { training_steps: 20, learning_rate },
        }),
      );
    await api.until(jobs[0].id, "SUCCESS");
    await api.until(jobs[1].id, "SUCCESS");
    await api.until(jobs[2].id, "FAILED");
    const classifier = await api.fileId(
      `${JSON.stringify({ messages: [{ role: "user", content: "Hi" }], labels: { mood: "good" } })}\n`,
      "mood.jsonl",
    );
    const labelled = await api.trained({
      job_type: "classifier",
      training_files: [classifier],
      validation_files: [classifier],
      classifier_targets: [{ name: "mood", labels: ["good", "bad"] }],
    });
    await api.job({ suffix: "waits", auto_start: false });
    paths = {
      jobs: "/",
      "no match": "/?search=nothing-like-this",
      job: `/jobs/${jobs[0].id}`,
      "failed job": `/jobs/${jobs[2].id}`,
      classifier: `/jobs/${labelled.id}`,
      compare: `/compare?jobs=${jobs[0].id},${jobs[1].id}`,
      models: "/models",
      files: "/files",
    };
  });
  after(() => server.stopAndRemove());

  for (const [title, options] of [
    ["in the light theme", { colorScheme: "light" }],
    ["in the dark theme", { colorScheme: "dark" }],
    ["on a phone", { colorScheme: "light", viewport: PHONE, isMobile: true, hasTouch: true }],
  ] as const) {
    it(`are accessible ${title}, and not wider than the window`, async () => {
      const page = await browser.open(server.url, options);
      const titles = new Set<string>();
      for (const [name, path] of Object.entries(paths)) {
        await page.goto(server.url + path, { waitUntil: "networkidle" });
        assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, name);
        for (const details of await page.locator("details > summary").all()) await details.click();
        await assertAccessible(page);
        await assertFits(page);
        titles.add(await page.title());
      }
      assert.ok(titles.size >= 6, `the titles name the pages: ${[...titles].join(", ")}`);
    });
  }

  it("use the theme that the user has chosen, also after a reload", async () => {
    const page = await browser.open(server.url, { colorScheme: "light" });
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.getByRole("heading", { level: 1 }).waitFor();
    const light = await background();
    await page.getByLabel("Theme").selectOption("dark");
    const dark = await background();
    assert.notEqual(dark, light);
    await page.reload();
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await background(), dark);
  });

  it("open where the browser blocks storage, and lead from the login to the jobs of a server without keys", async () => {
    const context = await browser.context(server.url);
    await context.addInitScript(
      `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } })`,
    );
    const page = await context.newPage();
    await page.goto(`${server.url}/login`);
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/");
  });

  it("can be used with the keyboard alone", async () => {
    const page = await browser.open(server.url);
    await page.getByRole("link", { name: "rate-0" }).waitFor();
    await page.keyboard.press("Tab");
    assert.match(await page.evaluate<string>("document.activeElement.textContent"), /Skip to the content/);
    await page.getByRole("link", { name: "rate-0" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "rate-0" }).waitFor();
    assert.match(
      await page.evaluate<string>("document.activeElement.tagName"),
      /H1|MAIN/,
      "the focus is in the new page",
    );
  });
});

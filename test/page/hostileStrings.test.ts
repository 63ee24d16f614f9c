import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { Api, SAMPLE } from "../server/support";
import { withBrowser } from "../support/browser";
import { TestServer } from "../support/server";

/** Runs if the page ever uses a string as HTML. */
const SCRIPT = `"'><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
/** Strings of replies that are not free text: the page compares them. */
const FIXED =
  /^(object|status|job_type|created_at|id|job_id|file_id|role|purpose|type|sample_type|source|event|name|artifact_path)$/;

describe("page: hostile strings", function () {
  // The browser shares the machine with other tests.
  this.timeout(60_000);
  const browser = withBrowser();
  let server: TestServer;
  let api: Api;
  let jobs: string[];
  before(async () => {
    server = await TestServer.start({ speed: 2000 });
    api = new Api(server.url);
    const labelled = `${JSON.stringify({ messages: [{ role: "user", content: SCRIPT }], labels: { [SCRIPT]: SCRIPT } })}\n`;
    const file = await api.fileId(labelled, `${SCRIPT.replaceAll("/", "")}.jsonl`);
    const classifier = await api.trained({
      job_type: "classifier",
      training_files: [file],
      validation_files: [file],
      classifier_targets: [{ name: SCRIPT, labels: [SCRIPT, "other"] }],
    });
    const text = await api.fileId(`${SAMPLE.replace("Paris", "<b>Paris</b>")}\n`);
    const instruct = await api.trained({
      suffix: "plain",
      training_files: [text],
      validation_files: [text],
      evaluation: { samples: 2 },
    });
    jobs = [classifier.id, instruct.id];
  });
  after(() => server.stopAndRemove());

  it("are shown as text when the server accepts them: file names, labels and targets", async () => {
    const page = await browser.open(server.url);
    let shown = "";
    for (const path of pathsOf(jobs)) {
      await page.goto(server.url + path, { waitUntil: "networkidle" });
      shown += await page.locator("body").innerText();
      await assertHarmless(page, path);
    }
    assert.match(shown, /onerror=/, "the file's name is shown");
  });

  it("are shown as text in every string of every reply: suffixes, models, owners, events, log lines, sample answers", async () => {
    const context = await browser.context(server.url);
    const replaced = new Set<string>();
    await context.route(/\/(v1|session)/, async (route) => {
      const reply = await route.fetch();
      if (!reply.headers()["content-type"]?.startsWith("application/json")) return route.fulfill({ response: reply });
      await route.fulfill({ response: reply, json: hostile(await reply.json(), replaced) });
    });
    const page = await context.newPage();
    for (const path of pathsOf(jobs)) {
      await page.goto(server.url + path, { waitUntil: "networkidle" });
      for (const details of await page.locator("details > summary").all()) await details.click();
      await page.waitForLoadState("networkidle");
      assert.match(await page.locator("body").innerText(), /onerror=/, `${path} shows a hostile string`);
      await assertHarmless(page, path);
    }
    for (const field of ["suffix", "model", "owner", "filename", "fine_tuned_model"])
      assert.ok(replaced.has(field), `${field} was not in a reply`);
  });

  it("in an address are shown as text, too", async () => {
    const address = encodeURIComponent(SCRIPT);
    const page = await browser.open(server.url, { expected: [/status of 4\d\d/] });
    for (const path of [
      `/jobs/${address}`,
      `/compare?jobs=${address},${address}`,
      `/?search=${address}&model=${address}&status=${address}`,
    ]) {
      await page.goto(server.url + path, { waitUntil: "networkidle" });
      await assertHarmless(page, path);
    }
  });
});

const pathsOf = ([classifier, instruct]: string[]): string[] => [
  ...["/", "/models", "/files", `/jobs/${classifier}`, `/jobs/${instruct}`],
  `/compare?jobs=${classifier},${instruct}`,
];

async function assertHarmless(page: Page, path: string): Promise<void> {
  assert.equal(await page.evaluate("window.hacked"), undefined, path);
  assert.equal(await page.locator("img[src=x]").count(), 0, path);
  const links = await page.evaluate<string[]>(`[...document.querySelectorAll("a[href]")].map(({ href }) => href)`);
  for (const link of links) assert.equal(new URL(link).origin, new URL(page.url()).origin, `${path}: ${link}`);
}

/** Replaces each free text in a reply. Records the names of the fields. */
function hostile(value: unknown, replaced: Set<string>, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => hostile(each, replaced, name));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => [key, hostile(each, replaced, key)]);
    // The ID of a model contains the job's suffix.
    return { ...Object.fromEntries(entries), ...("object" in value && value.object === "model" && { id: SCRIPT }) };
  }
  if (typeof value !== "string" || FIXED.test(name)) return value;
  replaced.add(name);
  return SCRIPT;
}

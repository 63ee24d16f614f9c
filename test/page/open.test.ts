import assert from "node:assert/strict";
import { withBrowser } from "../support/browser";
import { TestServer } from "../support/server";

describe("page: opening", () => {
  const browser = withBrowser();
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server.stopAndRemove());

  it("opens without a login on a server without keys, and writes no error to the console", async () => {
    const page = await browser.open(server.url);
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    assert.match(await page.getByRole("note").innerText(), /simulates trainings/);
  });
});

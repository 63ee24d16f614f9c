import assert from "node:assert/strict";
import { withBrowser } from "../support/browser";
import { TestServer } from "../support/server";

describe("page: the login", () => {
  const browser = withBrowser();
  let server: TestServer;
  before(async () => {
    server = await TestServer.start({
      env: { MISTRAL_SERVER_API_KEYS: "first-key workspace=first,second-key workspace=second" },
    });
  });
  after(() => server.stopAndRemove());

  it("says when the browser does not keep the cookie, and can be tried again", async () => {
    const page = await browser.open(server.url);
    await page.route("**/session", (route) =>
      route.request().method() === "POST" ? route.fulfill({ status: 204 }) : route.continue(),
    );
    await page.getByLabel("API key").fill("first-key");
    const button = page.getByRole("button", { name: "Log in" });
    await button.click();
    assert.match(await page.getByRole("alert").innerText(), /^The browser did not keep the session's cookie/);
    await page.unroute("**/session");
    await button.click();
    await page.getByText("first · ").waitFor();
  });

  it("of another tab in another workspace shows in this tab, with no console error", async () => {
    const page = await browser.open(server.url);
    await page.getByLabel("API key").fill("first-key");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("first · ").waitFor();
    // The tabs of a browser have the same cookies.
    const headers = { origin: server.url };
    const reply = await page.request.post(`${server.url}/session`, { headers, data: { key: "second-key" } });
    assert.equal(reply.status(), 204);
    await page.getByRole("link", { name: "Models" }).click();
    await page.getByText("second · ").waitFor();
  });
});

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TestServer } from "../../support/server";
import { run } from "../process";
import { folder, removeFolders } from "../support";

describe("server: doctor", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  function models(content: string): string {
    const path = join(folder(), "models.yaml");
    writeFileSync(path, content);
    return path;
  }

  it("passes all checks for the simulated trainer", async () => {
    const { code, stdout } = await run(["doctor", "--data", join(folder(), "new")]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^note {4}API keys: not set: every program on this machine has access/m);
    assert.match(stdout, /\nAll checks passed\.\n$/);
  });

  it("checks each model and a custom training program", async () => {
    const path = models("models: {here: ./here, gone: ./gone, hub: some/hub-id}");
    mkdirSync(join(path, "../here"));
    writeFileSync(join(path, "../here/config.json"), "{}");
    const args = ["--data", folder(), "--trainer", "process", "--models", path, "--recipe", "my-program"];
    const { code, stdout } = await run(["doctor", ...args]);
    assert.equal(code, 1);
    assert.match(stdout, /^ok {6}here: \S+here$/m);
    assert.match(stdout, /^failed {2}gone: \S+gone does not contain a model/m);
    assert.match(stdout, /^note {4}hub: some\/hub-id is fetched from the Hugging Face hub/m);
    assert.match(stdout, /^note {4}recipe: custom command, not checked: my-program$/m);
    assert.match(stdout, /\n1 check failed\.\n$/);
  });

  it("reports missing API keys, a missing models file and a missing Python environment", async () => {
    const args = ["doctor", "--data", folder(), "--trainer", "process", "--host", "0.0.0.0"];
    const { code, stdout } = await run(args, { XDG_CACHE_HOME: folder() });
    assert.equal(code, 1);
    assert.match(stdout, /^failed {2}API keys: not set, but other machines can reach 0\.0\.0\.0; set --keys-file$/m);
    assert.match(stdout, /^failed {2}models file: --trainer process needs a models file: pass --models FILE$/m);
    assert.match(stdout, /^failed {2}recipe: /m);
  });

  it("checks the connection to the Ray cluster", async () => {
    const args = ["--data", folder(), "--trainer", "ray", "--ray-address", "http://127.0.0.1:9", "--recipe", "mine"];
    const { code, stdout } = await run(["doctor", ...args, "--models", models("models: {m: some/hub-id}")]);
    assert.equal(code, 1);
    assert.match(stdout, /^failed {2}Ray: Ray at http:\/\/127\.0\.0\.1:9 cannot be reached: ECONNREFUSED$/m);
  });

  it("detects a running server and does not disturb it", async () => {
    const data = folder();
    const server = await TestServer.start({ dataFolder: data });
    const { stdout } = await run(["doctor", "--data", data]);
    assert.match(stdout, /^ok {6}data folder: .*, in use by a running server$/m);
    assert.equal((await server.terminate())?.exit, 0);
  });
});

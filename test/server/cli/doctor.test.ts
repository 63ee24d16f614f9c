import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { end, killProcesses, run, startProcess } from "../process";
import { folder, removeFolders } from "../support";

describe("server: the doctor", () => {
  afterEach(() => {
    killProcesses();
    removeFolders();
  });

  function models(content: string): string {
    const path = join(folder(), "models.yaml");
    writeFileSync(path, content);
    return path;
  }

  it("finds nothing wrong with a server that simulates", async () => {
    const { code, stdout } = await run(["doctor", "--data", join(folder(), "new")]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^note {4}API keys: none/m);
    assert.match(stdout, /Everything that these options need works\.\n$/);
  });

  it("looks at each model, and at a program of the user's own", async () => {
    const path = models("models: {here: ./here, gone: ./gone, hub: some/hub-id}");
    mkdirSync(join(path, "../here"));
    writeFileSync(join(path, "../here/config.json"), "{}");
    const args = ["--data", folder(), "--trainer", "process", "--models", path, "--recipe", "my-program"];
    const { code, stdout } = await run(["doctor", ...args]);
    assert.equal(code, 1);
    assert.match(stdout, /^ok {6}here: \S+here$/m);
    assert.match(stdout, /^failed {2}gone: \S+gone holds no model/m);
    assert.match(stdout, /^note {4}hub: some\/hub-id is fetched from the Hugging Face hub/m);
    assert.match(stdout, /^note {4}recipe: a command of your own: my-program$/m);
    assert.match(stdout, /1 of these must be mended first\.\n$/);
  });

  it("says what is missing: a models file, keys, a Python environment", async () => {
    const args = ["doctor", "--data", folder(), "--trainer", "process", "--host", "0.0.0.0"];
    const { code, stdout } = await run(args, { XDG_CACHE_HOME: folder() });
    assert.equal(code, 1);
    assert.match(stdout, /^failed {2}API keys: none, but 0\.0\.0\.0 can be reached from other machines/m);
    assert.match(stdout, /^failed {2}models file: --trainer process needs one: give --models FILE$/m);
    assert.match(stdout, /^failed {2}recipe: /m);
  });

  it("asks the Ray cluster", async () => {
    const args = ["--data", folder(), "--trainer", "ray", "--ray-address", "http://127.0.0.1:9", "--recipe", "mine"];
    const { code, stdout } = await run(["doctor", ...args, "--models", models("models: {m: some/hub-id}")]);
    assert.equal(code, 1);
    assert.match(stdout, /^failed {2}Ray: Ray at http:\/\/127\.0\.0\.1:9 cannot be reached: ECONNREFUSED$/m);
  });

  it("sees a server that runs, and leaves it alone", async () => {
    const data = folder();
    const { child } = await startProcess(["--data", data]);
    const { stdout } = await run(["doctor", "--data", data]);
    assert.match(stdout, /^ok {6}data folder: .*, in use by a server that runs$/m);
    assert.equal(await end(child, "SIGTERM"), 0);
  });
});

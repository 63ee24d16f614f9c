import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { withDeadline } from "../../../../provider/src/lifecycle/runtime/deadline";
import { TestHost } from "../../../support/host";

const aborted = (signal: AbortSignal) => new Promise<void>((done) => signal.addEventListener("abort", () => done()));

describe("a deadline", () => {
  it("reports whether it timed out or the host was stopped", async () => {
    const host = new TestHost();
    const late = withDeadline(0.02, host, async ({ signal, reason }) => aborted(signal).then(reason));
    assert.equal(await late, "timed out after 1 s (to wait longer, set the resource option customTimeouts)");
    const stopped = withDeadline(60, host, async ({ signal, reason }) => aborted(signal).then(reason));
    host.controller.abort();
    assert.equal(await stopped, "interrupted");
    assert.equal(await withDeadline(60, host, async ({ reason }) => reason()), "interrupted");
  });

  it("survives garbage collection", () => {
    const script = `
      const { withDeadline } = require("./provider/src/lifecycle/runtime/deadline");
      const host = { signal: new AbortController().signal };
      setInterval(() => gc(), 50).unref();
      withDeadline(0.5, host, ({ signal, reason }) => new Promise((done) => {
        const timer = setTimeout(() => done("never"), 5000);
        signal.addEventListener("abort", () => { clearTimeout(timer); done(reason()); });
      })).then(console.log);
    `;
    const args = ["--expose-gc", "-r", "ts-node/register/transpile-only", "-e", script];
    const { stdout } = spawnSync(process.execPath, args, { cwd: resolve(__dirname, "../../../.."), encoding: "utf8" });
    assert.equal(stdout.trim(), "timed out after 1 s (to wait longer, set the resource option customTimeouts)");
  });
});

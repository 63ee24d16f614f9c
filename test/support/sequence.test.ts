import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";

const repository = resolve(__dirname, "../..");

const suite = `
const { sequence } = require(${JSON.stringify(join(__dirname, "sequence.ts"))});
describe("a sequence", () => {
  const step = sequence();
  step("first", async () => console.log("ran first"));
  step("second", async () => {
    console.log("ran second");
    if (process.env.FAILS) throw new Error("out of order");
  });
  step("third", async () => console.log("ran third"));
});
`;

describe("tests that build on each other", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sequence-"));
    await writeFile(join(folder, "suite.js"), suite);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs the suite in a separate mocha process. Resolves to the output and the steps that ran. */
  async function mocha(args: readonly string[], env: Record<string, string> = {}) {
    const { stdout } = await execa("mocha", [join(folder, "suite.js"), ...args], {
      ...{ cwd: repository, preferLocal: true, env, reject: false },
    });
    return { output: stdout, ran: [...stdout.matchAll(/^ran (\w+)$/gm)].map(([, step]) => step) };
  }

  it("run each step once, in their order", async () => {
    const { output, ran } = await mocha([]);
    assert.deepEqual(ran, ["first", "second", "third"]);
    assert.match(output, /3 passing/);
  });

  it("run the steps before a step that is selected alone", async () => {
    const { output, ran } = await mocha(["-g", "third"]);
    assert.deepEqual(ran, ["first", "second", "third"]);
    assert.match(output, /1 passing/);
  });

  it("fail after a failed step, and name it", async () => {
    const { output, ran } = await mocha([], { FAILS: "1" });
    assert.deepEqual(ran, ["first", "second"]);
    assert.match(output, /1 passing[\s\S]*2 failing/);
    assert.match(output, /not run: the step "second" before it failed: out of order/);
  });
});

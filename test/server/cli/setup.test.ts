import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { recipeFile } from "../../../server/src/trainers/recipe/recipe";
import { run } from "../process";
import { folder, removeFolders } from "../support";

describe("server: setup", () => {
  afterEach(removeFolders);

  /** Runs `setup` with a `python3` that stores its arguments and exits with `exitCode`. */
  async function setUp(exitCode: number, ...args: string[]) {
    const bin = folder();
    const python = join(bin, "python3");
    writeFileSync(python, `#!/bin/sh\nprintf '%s\\n' "$@" > '${bin}/arguments'\nexit ${exitCode}\n`);
    chmodSync(python, 0o755);
    const result = await run(["setup", ...args], { PATH: `${bin}${delimiter}${process.env.PATH}` });
    return { ...result, given: () => readFileSync(join(bin, "arguments"), "utf8").trim().split("\n") };
  }

  const url = "https://user:secret@example.com/torch";

  it("passes the extras and the index of torch to the set-up script", async () => {
    const { code, stdout, stderr, given } = await setUp(0, "--extra", "ray", "--torch-index", url);
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
    assert.deepEqual(given(), [recipeFile("setup_env.py"), "--extra", "ray", `--torch-index=${url}`]);
  });

  it("does not print the index when the set-up fails", async () => {
    const { code, stdout, stderr } = await setUp(1, "--torch-index", url);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.equal(stderr, "mistral-fine-tuning-server: python3 failed with exit code 1\n");
  });
});

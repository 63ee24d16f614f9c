import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { visibleText } from "../../../common/src";
import { sample } from "../../support/samples";
import { ScriptedServer } from "../../support/scriptedServer";

const bin = resolve(__dirname, "../../../provider/bin/pulumi-mistral.js");

/** Sequences that clear a screen, set a title, or reverse the text. */
const HOSTILE = "\u001b[2J\u009b31m\u001b]0;title\u0007\u202e\u2066";
const NAME = `a${HOSTILE}\nb.jsonl`;
const SAMPLES = [
  sample(`What${HOSTILE}?`).trim(),
  JSON.stringify({ messages: [{ role: `user${HOSTILE}`, content: "x" }] }),
  JSON.stringify({ text: `t${HOSTILE}`, [`key${HOSTILE}`]: 1 }),
].join("\n");

describe("the command line does not pass on terminal escapes", function () {
  this.timeout(60_000);
  let folder: string;
  let server: ScriptedServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "terminal-"));
    await writeFile(join(folder, NAME), SAMPLES);
    await writeFile(join(folder, "old.jsonl"), sample("What?"));
    await writeFile(join(folder, `targets${HOSTILE}.json`), JSON.stringify([{ name: HOSTILE, labels: 1 }]));
    server = await ScriptedServer.start();
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    const { all } = await execa(process.execPath, [bin, ...args], {
      cwd: folder,
      reject: false,
      all: true,
      env: { MISTRAL_BASE_URL: server.url, MISTRAL_API_KEY: "sk-key-of-this-test" },
    });
    assert.equal(all, visibleText(all));
    return all;
  };

  const row = { line: 1, row: 0, input_ids: [1], labels: [1], text: `r${HOSTILE} sk-key-of-this-test`, learned: "r" };
  const commands: [args: string[], expected: RegExp][] = [
    [["check", NAME], /a\\u001b\[2J.*\\nb\.jsonl:2: .*role/],
    [["check", NAME, "--json"], /"user/],
    [["check", NAME, "--show", "2"], /a\\u001b\[2J.*What\\u001b/s],
    [["check", NAME, "--show", "2", "--model", "m"], /r\\u001b\[2J.*\[secret\]/],
    [["check", `missing${HOSTILE}`], /missing\\u001b/],
    [["check", NAME, "--targets", `targets${HOSTILE}.json`], /--targets: targets\\u001b/],
    [["check", NAME, `--skip=${HOSTILE}`], /--skip: expected a number/],
    [["check", NAME, `--${HOSTILE}`], /Unknown option/],
    [[`c${HOSTILE}`], /unknown command/],
    [["diff", "old.jsonl", NAME], /→ a\\u001b\[2J/],
    [["diff", "old.jsonl", NAME, "--markdown"], /a&#92;u001b/],
    [["diff", "old.jsonl", NAME, "--json"], /"name": "a\\u001b\[2J/],
  ];
  for (const [args, expected] of commands) {
    it(`in ${args.map((arg) => JSON.stringify(arg.replace(HOSTILE, "…"))).join(" ")}`, async () => {
      server.script({ json: { data: [row, { ...row, labels: [-100] }] } });
      assert.match(await run(...args), expected);
    });
  }

  it("in a server's error", async () => {
    server.script({ status: 501, json: { message: `no${HOSTILE} sk-key-of-this-test` } });
    assert.match(
      await run("check", "old.jsonl", "--show", "1", "--model", `m${HOSTILE}`),
      /cannot show the tokens of m.*\[secret\]/s,
    );
  });

  it("and warns once about a server without TLS", async () => {
    const { stderr } = await execa(process.execPath, [bin, "check", "old.jsonl", "--show", "1", "--model", "m"], {
      cwd: folder,
      reject: false,
      env: { MISTRAL_BASE_URL: "http://ft.invalid", MISTRAL_API_KEY: "sk-key-of-this-test" },
    });
    assert.equal(stderr.split("sent unencrypted").length, 2, stderr);
  });
});

import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import which from "which";
import { sample } from "../../support/samples";

const bin = resolve(__dirname, "../../../provider/bin/pulumi-mistral.js");

describe("pulumi-mistral check", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "check-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return name;
  }

  async function run(...args: string[]) {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, ...args], { cwd: folder, reject: false });
    return { exitCode, lines: stdout.split("\n"), stderr };
  }

  it("accepts valid data and prints its totals", async () => {
    const { exitCode, lines } = await run("check", await write("good.jsonl", sample("What?") + sample("Why?")));
    assert.equal(exitCode, 0);
    assert.deepEqual(lines, [
      "2 samples, 0 invalid, 0 warnings; steps per epoch: about 1",
      "tokens, estimated at 4 characters per token: user 3, assistant 5; longest sample: 4",
    ]);
  });

  it("fails and names file, line and field of invalid samples", async () => {
    const two = JSON.stringify({
      messages: [
        { role: "user", content: "a" },
        { role: "user", content: "b" },
      ],
    });
    const { exitCode, lines } = await run("check", await write("bad.jsonl", `${sample("What?")}${two}\n[]\n`));
    assert.equal(exitCode, 1);
    assert.deepEqual(lines.slice(0, 2), [
      'error: bad.jsonl:2: messages[1].role: expected "assistant" after "user", found "user"',
      "error: bad.jsonl:3: expected an object, found an empty list",
    ]);
  });

  it("ends at once on Ctrl-C, also during a long line", async () => {
    const keys = Array.from({ length: 990_000 }, (_, index) => `"${index}":1`).join(",");
    const file = await write("long.jsonl", `{"text":"a","x":{${keys}}}\n`.repeat(20));
    const check = execa(process.execPath, [bin, "check", file], { cwd: folder, reject: false });
    await sleep(1_000);
    const start = performance.now();
    check.kill("SIGINT");
    assert.equal((await check).signal, "SIGINT");
    assert.ok(performance.now() - start < 500);
  });

  it("accepts invalid samples up to the skip share, with a warning", async () => {
    const file = await write("few.jsonl", `${sample("a")}${sample("b")}${sample("c")}{}\n`);
    const { exitCode, lines } = await run("check", file, "--skip", "0.25");
    assert.equal(exitCode, 0);
    assert.match(
      lines[0] ?? "",
      /^warning: few.jsonl:4: expected "messages" or "text".*1 of 4 samples are invalid and will/,
    );
    const stricter = await run("check", file, "--skip", "0.2");
    assert.equal(stricter.exitCode, 1);
    assert.equal(stricter.lines[1], "error: few.jsonl: 1 of 4 samples are invalid, more than the accepted 20 %");
  });

  it("warns about probable mistakes, also across files", async () => {
    const train = await write("train.jsonl", `${sample("a")}\r\n${sample("b").trim()}\r\n${sample("b").trim()}`);
    const more = await write("more.jsonl", sample("a") + sample("c".repeat(400)));
    const valid = await write("valid.jsonl", sample("c".repeat(400)));
    const { exitCode, lines } = await run("check", train, more, "--validation", valid, "--seq-len", "100");
    assert.equal(exitCode, 0);
    assert.deepEqual(lines.slice(0, -2), [
      "warning: train.jsonl:2: ends with CRLF (and 1 more line)",
      "warning: train.jsonl:2: is blank",
      "warning: train.jsonl: does not end with a newline",
      "warning: train.jsonl:4: is the same sample as train.jsonl:3",
      "warning: more.jsonl:1: is the same sample as train.jsonl:1",
      "warning: more.jsonl:2: has about 103 tokens (4 characters each), more than seqLen 100",
      "warning: valid.jsonl:1: is also in the training data",
      "warning: valid.jsonl:1: has about 103 tokens (4 characters each), more than seqLen 100",
      "warning: valid.jsonl: has 488 bytes, more than the limit of 42 bytes for validation data (1 MB or 5 % of the training data, whichever is smaller)",
    ]);
  });

  it("checks classifier data against the targets", async () => {
    const targets = await write("targets.json", JSON.stringify([{ name: "mood", labels: ["good", "bad"] }]));
    const data = await write("mails.jsonl", '{"text":"x","labels":{"mood":"fine"}}\n');
    const { exitCode, lines } = await run("check", data, "--targets", targets);
    assert.equal(exitCode, 1);
    assert.equal(lines[0], `error: mails.jsonl:1: labels.mood: expected one of the target's labels, found "fine"`);
  });

  it("prints JSON with --json", async () => {
    const { lines } = await run(
      "check",
      await write("json.jsonl", `${sample("What?")}{}\n${sample("What?")}`),
      "--json",
    );
    const { training, summary } = JSON.parse(lines.join("\n"));
    const { good, bad, findings, oddities } = training[0].report;
    assert.deepEqual([good, bad, findings.length], [2, 1, 1]);
    assert.deepEqual(oddities.duplicates, { count: 1, first: 3, of: { file: 0, line: 1 } });
    assert.equal(summary.samples, 2);
    assert.deepEqual(Object.keys(summary), ["samples", "bytes", "tokens", "longestSample", "stepsPerEpoch"]);
  });

  it("fails when a file cannot be read", async function () {
    if (process.getuid?.() === 0) this.skip();
    await chmod(join(folder, await write("closed.jsonl", sample("a"))), 0o000);
    const { exitCode, stderr } = await run("check", "closed.jsonl");
    assert.deepEqual([exitCode, stderr], [1, "pulumi-mistral: closed.jsonl: permission denied"]);
  });

  it("shows the roles of samples and marks the text that counts for the loss, without a chat template", async () => {
    const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
    const calls = [{ id: "aaaaaaaaa", type: "function", function: { name: "f", arguments: '{ "x": 1 }' } }];
    const called = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi!" },
      { role: "assistant", content: "Hi.\u001b[31m", weight: 0 },
      {
        role: "user",
        content: [
          { type: "text", text: "How " },
          { type: "text", text: "warm?" },
        ],
      },
      {
        role: "assistant",
        content: [{ type: "thinking", thinking: [{ type: "text", text: "Ask." }] }],
        tool_calls: calls,
      },
      { role: "tool", tool_call_id: "aaaaaaaaa", content: "22" },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "22." },
          { type: "text", text: "22 degrees." },
        ],
      },
    ];
    const samples = [{ messages: called, tools }, { messages: [] }, { text: "Once upon" }, { text: "a time" }];
    const file = await write("shown.jsonl", samples.map((each) => `${JSON.stringify(each)}\n`).join(""));
    const { lines } = await run("check", file, "--show", "2", "--skip", "0.5");
    assert.deepEqual(lines.slice(0, 18), [
      "shown.jsonl:1: about 31 tokens, 8 of them count for the loss",
      `tools: ${JSON.stringify(tools)}`,
      "system: Be brief.",
      "user: Hi!",
      "assistant (weight 0): Hi.\\u001b[31m",
      "user: How warm?",
      "assistant: ",
      "  thinking: ⟦Ask.⟧",
      '  call aaaaaaaaa: ⟦f({ "x": 1 })⟧',
      "tool aaaaaaaaa: 22",
      "assistant: ",
      "  thinking: ⟦22.⟧",
      "  text: ⟦22 degrees.⟧",
      "",
      "shown.jsonl:3: about 3 tokens, 3 of them count for the loss",
      "text: ⟦Once upon⟧",
      "",
      "The text that counts for the loss is ⟦in brackets⟧. Token counts are estimates (four characters per token). The model's chat template adds tokens: to see the exact text, add `--model NAME`.",
    ]);
    assert.doesNotMatch(lines.join("\n"), /\[INST\]|<\/?s>/);
  });

  it("shows a classifier's input and labels", async () => {
    const targets = await write("moods.json", JSON.stringify([{ name: "mood", labels: ["good", "bad"] }]));
    const data = await write("moods.jsonl", '\uFEFF{"text":"Nice!","labels":{"mood":"good"}}\r\n');
    const { lines } = await run("check", data, "--targets", targets, "--show", "1");
    assert.deepEqual(lines.slice(1, 3), ["text: Nice!", 'labels: ⟦{"mood":"good"}⟧']);
  });

  it("shows progress and underlines text only in a terminal", async function () {
    // `script` of util-linux gives a command a terminal.
    if (process.platform !== "linux" || which.sync("script", { nothrow: true }) === null) this.skip();
    const file = await write("terminal.jsonl", '{"text":"Once upon"}\n');
    const command = `${process.execPath} ${bin} check ${file} --show 1`;
    const env = { NO_COLOR: "" };
    const inTerminal = await execa("script", ["-qec", command, "/dev/null"], { cwd: folder, env });
    assert.match(inTerminal.stdout, /100 % of 21 bytes/);
    assert.ok(inTerminal.stdout.includes("\u001b[4m"));
    const piped = await run("check", file, "--show", "1");
    assert.equal(piped.stderr, "");
    assert.ok(!piped.lines.join("\n").includes("\u001b"));
  });

  for (const [what, args, message] of [
    ["a missing file", ["check", "no.jsonl"], /no\.jsonl: no such file/],
    ["a directory", ["check", "."], /^pulumi-mistral: \.: expected a file, got a directory$/],
    ["a device", ["check", "/dev/null"], /^pulumi-mistral: \/dev\/null: expected a file, got a device$/],
  ] as const) {
    it(`fails without a stack trace for ${what}`, async () => {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 1);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }

  for (const args of [
    ["chek", "x"],
    ["check"],
    ["check", "x", "--skip", "2"],
    ["check", "x", "--nonsense"],
    ["check", "x", "--show", "0"],
    ["check", "x", "--show", "1", "--json"],
    ["check", "x", "--model", "m"],
    ["check", "x", "--show", "1", "--model", "m", "--targets", "y"],
  ]) {
    it(`rejects the usage: ${args.join(" ")}`, async () => {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 2);
      assert.match(stderr, /--help/);
    });
  }
});

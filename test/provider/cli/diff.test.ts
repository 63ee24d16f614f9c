import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";

const bin = resolve(__dirname, "../../../provider/bin/pulumi-mistral.js");

const chat = (question: string, answer: string, more: object = {}) =>
  `${JSON.stringify({
    messages: [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ],
    ...more,
  })}\n`;

describe("pulumi-mistral diff", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "diff-"));
  });
  after(() => rm(folder, { recursive: true }));

  async function write(name: string, text: string): Promise<string> {
    await writeFile(join(folder, name), text);
    return name;
  }

  async function run(...args: string[]) {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, "diff", ...args], {
      cwd: folder,
      reject: false,
      env: { TMPDIR: folder },
    });
    return { exitCode, stdout, lines: stdout.split("\n"), stderr };
  }

  async function diff(before: string, after: string, ...args: string[]) {
    return run(await write("old.jsonl", before), await write("new.jsonl", after), ...args);
  }

  it("shows added, removed and changed samples, message by message", async () => {
    const kept = chat("Peru?", "Lima.") + chat("Chile?", "Santiago.");
    const { exitCode, lines } = await diff(
      `${kept}${chat("France?", "Lyon.")}${chat("Old?", "Yes.")}`,
      `${chat("France?", "Paris.")}${kept}${chat("Spain?", "Madrid.")}`,
    );
    assert.equal(exitCode, 0);
    assert.deepEqual(lines, [
      "old.jsonl → new.jsonl",
      "4 → 4 samples: 1 added, 1 removed, 1 changed, 2 unchanged",
      "about 12 → 13 tokens (assistant +1), estimated at 4 characters per token",
      "",
      "changed: old.jsonl:3 → new.jsonl:1",
      " user: France?",
      "-assistant: Lyon.",
      "+assistant: Paris.",
      "",
      "removed: old.jsonl:4",
      "-user: Old?",
      "-assistant: Yes.",
      "",
      "added: new.jsonl:4",
      "+user: Spain?",
      "+assistant: Madrid.",
    ]);
  });

  it("finds a changed question by its answer, and a changed system prompt by the question", async () => {
    const withSystem = (text: string) => ({ role: "system", content: text });
    const conversation = (...messages: object[]) => `${JSON.stringify({ messages })}\n`;
    const [user, assistant] = [
      { role: "user", content: "Peru?" },
      { role: "assistant", content: "Lima." },
    ];
    const { lines } = await diff(
      conversation(withSystem("Be kind."), user, assistant) + chat("Chille?", "Santiago."),
      conversation(withSystem("Be short."), user, assistant) + chat("Chile?", "Santiago."),
    );
    assert.match(lines[1] ?? "", /: 0 added, 0 removed, 2 changed, 0 unchanged$/);
    assert.ok(lines.includes("-system: Be kind.") && lines.includes("+user: Chile?"), lines.join("\n"));
  });

  it("ignores the order of samples, and the order and white space of JSON", async () => {
    const sample = { labels: { mood: "good" }, text: "What a day!" };
    const { lines } = await diff(
      `${JSON.stringify(sample)}\n${chat("Peru?", "Lima.")}`,
      `${chat("Peru?", "Lima.")}\r\n{"text": "What a day!",  "labels": {"mood": "good"}}`,
    );
    assert.match(lines[1] ?? "", /^2 → 2 samples: no sample differs/);
  });

  it("shows a field that the readable text leaves out", async () => {
    const named = (name: string) => ({ tools: null, metadata: { source: name } });
    const { lines } = await diff(chat("Peru?", "Lima.", named("a")), chat("Peru?", "Lima.", named("b")));
    assert.ok(
      lines.some((line) => line.startsWith("-") && line.includes('"source": "a"')),
      lines.join("\n"),
    );
  });

  it("reports new duplicates, overlaps with validation data, and invalid samples", async () => {
    const [peru, chile] = [chat("Peru?", "Lima."), chat("Chile?", "Santiago.")];
    const valid = await write("valid.jsonl", peru + chile);
    const { lines } = await diff(peru + peru, `${peru}${peru}${peru}${chile}[]\n`, "--validation", valid, "--summary");
    assert.deepEqual(lines.slice(3), [
      "warning: 1 invalid sample in new.jsonl, first: new.jsonl:5: expected an object, found an empty list",
      "warning: 1 new duplicate in new.jsonl, first: new.jsonl:3",
      "warning: 4 samples of new.jsonl also in the validation data valid.jsonl (before: 2), first: new.jsonl:1",
    ]);
  });

  it("prints Markdown that the data cannot break out of", async () => {
    const { stdout } = await diff("", chat("Peru?", "```\n</details>\n````js\n@everyone"), "--markdown");
    const fence = /^(`+)diff$/m.exec(stdout)?.[1] ?? "";
    assert.equal(fence.length, 5);
    const inside = stdout.split(fence)[1] ?? "";
    assert.ok(inside.includes("</details>") && inside.includes("@everyone"));
    assert.equal(stdout.split("</details>").length, 3, "one end inside the fence, and the real end");
  });

  it("cuts long lines at the difference, and a long report for a comment", async () => {
    const long = "word ".repeat(400);
    const { lines } = await diff(chat("Peru?", `${long}Lima.`), chat("Peru?", `${long}Cusco.`));
    const removed = lines.find((line) => line.startsWith("-"));
    assert.ok(removed !== undefined && removed.length < 450 && removed.endsWith("Lima."), removed);
    const many = Array.from({ length: 200 }, (_, index) => chat(`Question ${index}?`, long)).join("");
    const { stdout } = await diff("", many, "--markdown", "--limit", "200");
    assert.ok(stdout.length < 65_000, `${stdout.length}`);
    assert.match(stdout, /Not shown: \d+ samples that do not fit into a comment\.$/);
  });

  it("escapes control characters and bidirectional controls", async () => {
    const { stdout } = await diff("", chat("Peru\u001b[2J?", "Lima\u202e."));
    assert.ok(stdout.includes("Peru\\u001b[2J?") && stdout.includes("Lima\\u202e."), stdout);
  });

  it("prints JSON", async () => {
    const { stdout } = await diff(chat("Peru?", "Lima."), chat("Chile?", "Santiago."), "--json");
    const { added, removed, unchanged } = JSON.parse(stdout);
    assert.deepEqual(
      [added, removed.count, unchanged],
      [{ count: 1, first: [{ line: 1, diff: ["+user: Chile?", "+assistant: Santiago."] }] }, 1, 0],
    );
  });

  it("reads a device or a pipe, and leaves no temporary file", async () => {
    const { lines } = await run("/dev/null", await write("new.jsonl", chat("Peru?", "Lima.")));
    assert.match(lines[1] ?? "", /^0 → 1 sample: 1 added/);
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith("pulumi-mistral")),
      [],
    );
  });

  it("rejects a Git LFS pointer with one clear error", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`;
    const { exitCode, stderr } = await diff(chat("Peru?", "Lima."), pointer);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^pulumi-mistral: new\.jsonl: this is a Git LFS pointer, not the data; run `git lfs pull`/);
  });

  it("names the file that does not exist, and the wrong usage", async () => {
    const missing = await run("missing.jsonl", await write("new.jsonl", ""));
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /missing\.jsonl: no such file/);
    const usage = await run("new.jsonl");
    assert.equal(usage.exitCode, 2);
    assert.match(usage.stderr, /expected OLD and NEW, got 1 files/);
  });
});

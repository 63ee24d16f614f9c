import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { changesSince } from "../../examples/gitops/scripts/changes";
import { sample } from "../support/samples";

const repository = resolve(__dirname, "../..");
const CONFIG = "trainings/support-bot.yaml";
const DATA = "data/support-bot/train.jsonl";

describe("the changes of a pull request in examples/gitops", () => {
  let base: string;
  /** The trainings are in a folder of a larger repository. */
  let folder: string;

  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=A Developer", "-c", "user.email=developer@example.com", ...args], { cwd: base });
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const read = (file: string) => readFileSync(join(folder, file), "utf8");

  before(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), "mistral-changes-")));
    folder = join(base, "ml");
    for (const part of ["trainings", "data"]) {
      cpSync(join(repository, "examples/gitops", part), join(folder, part), { recursive: true });
    }
    await git("init", "--quiet");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "First");
    symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  });
  afterEach(() => git("checkout", "--quiet", "--", "."));
  after(() => rmSync(base, { recursive: true }));

  it("are none when only the format of a config differs", async () => {
    write(CONFIG, `# A comment\n${read(CONFIG)}`);
    assert.deepEqual(await changesSince("HEAD", folder), []);
    assert.equal((await git("worktree", "list")).stdout.split("\n").length, 1);
  });

  it("are the changed fields, and the changed samples with overlaps with the validation data", async () => {
    const [held] = read("data/support-bot/valid.jsonl").split("\n");
    write(DATA, `${read(DATA)}${held}\n`);
    write(CONFIG, read(CONFIG).replace("maxCost: 50", "maxCost: 40"));
    const [change, ...more] = await changesSince("HEAD", folder);
    assert.deepEqual(more, []);
    assert.deepEqual(change?.fields, ["maxCost"]);
    assert.equal(change?.data.length, 1);
    assert.match(change?.data[0] ?? "", /40 → 41 samples: 1 added/);
    assert.match(change?.data[0] ?? "", /⚠️.*valid\.jsonl/);
  });

  it("show a new training with all its data, and a removed one by its name", async () => {
    write("trainings/other.yaml", read(CONFIG).replace(DATA, "data/other.jsonl"));
    write("data/other.jsonl", sample("What?"));
    rmSync(join(folder, CONFIG));
    const changes = await changesSince("HEAD", folder);
    rmSync(join(folder, "trainings/other.yaml"));
    assert.deepEqual(
      changes.map(({ name, fields, data }) => [name, fields, data.length]),
      [
        ["other", [], 2],
        ["support-bot", [], 0],
      ],
    );
    assert.match(changes[0]?.data[0] ?? "", /0 → 1 samples?: 1 added/);
  });

  it("show totals without samples when the samples do not fit into a comment", async () => {
    const long = `${"word ".repeat(100)}\n`.repeat(60);
    write(DATA, Array.from({ length: 200 }, (_, index) => sample(`${index}?`, `${index} ${long}`)).join(""));
    const [change] = await changesSince("HEAD", folder);
    assert.match(change?.data[0] ?? "", /200 added/);
    assert.doesNotMatch(change?.data[0] ?? "", /<details>/);
  });
});

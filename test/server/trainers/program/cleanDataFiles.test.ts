import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanDataFiles } from "../../../../server/src/trainers/program/cleanDataFiles";
import { folder, type Json, removeFolders } from "../../support";
import { withTrainings } from "../../trainings";

const RULES = { jobType: "completion", targets: [] } as const;
const sample = (name: string) => JSON.stringify({ text: name });
const lines = (...names: string[]) => names.map((name) => `${sample(name)}\n`).join("");

describe("server: cleaned data files", () => {
  afterEach(removeFolders);

  async function clean(...files: { content: string; weight?: number }[]): Promise<string[]> {
    const path = folder();
    const entries = files.map(({ content, weight = 1 }, index) => {
      const source = join(path, `${index}.jsonl`);
      writeFileSync(source, content);
      return { source, target: join(path, `${index}.clean.jsonl`), weight };
    });
    await cleanDataFiles(entries, RULES, undefined);
    assert.ok(entries.every(({ source }, index) => readFileSync(source, "utf8") === files[index]?.content));
    return entries.map(({ target }) => readFileSync(target, "utf8"));
  }

  it("contain the valid samples only, one per line", async () => {
    const content = `\ufeff${sample("a")}\r\n\n{}\n  ${sample("b")}  \nno json\n${sample("c")}`;
    assert.deepEqual(await clean({ content }), [lines("a", "b", "c")]);
  });

  it("contain each sample once when all weights are equal", async () => {
    const files = [
      { content: lines("a"), weight: 3 },
      { content: lines("b"), weight: 3 },
    ];
    assert.deepEqual(await clean(...files), [lines("a"), lines("b")]);
  });

  it("repeat the samples of heavier files", async () => {
    const files = [
      { content: lines("a", "b"), weight: 1 },
      { content: lines("c", "d", "e", "f"), weight: 2.5 },
    ];
    const twice = lines("c", "d", "e", "f").repeat(2);
    assert.deepEqual(await clean(...files), [lines("a", "b"), `${twice}${lines("d", "f")}`]);
  });

  it("grow to at most ten times the data", async () => {
    const names = Array.from({ length: 100 }, (_, index) => String(index));
    const [light = "", heavy = ""] = await clean(
      { content: lines(...names), weight: 1 },
      { content: lines(...names), weight: 1e6 },
    );
    const count = (text: string) => text.split("\n").length - 1;
    assert.ok(count(light) + count(heavy) <= 2000, `${count(light)} + ${count(heavy)}`);
    assert.ok(count(heavy) >= 1990);
  });

  it("are larger than one chunk of the reader", async () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `${index} ${"x".repeat(20)}`);
    const [content] = await clean({ content: `{}\n${lines(...names)}` });
    assert.equal(content, lines(...names));
  });
});

describe("server: cleaned data files of a job", () => {
  const trainings = withTrainings();

  const job = async (capabilities: object) => {
    const api = await trainings.create({ m: {} }).startPlanner(capabilities);
    const file = await api.fileId(`${lines("a", "b")}{}\n`);
    const { id } = await api.job({
      model: "m",
      training_files: [file, { file_id: await api.fileId(lines("c")), weight: 2 }],
      validation_files: [file],
      invalid_sample_skip_percentage: 0.5,
      auto_start: false,
    });
    await api.until(id, "VALIDATED");
    const content: Json = JSON.parse(readFileSync(trainings.server.path(id, "job.json"), "utf8"));
    return { id, file, content };
  };

  it("are written for a program that declares that it reads them", async () => {
    const { id, file, content } = await job({ cleaned_data: true });
    const read = (path: string) => readFileSync(trainings.server.path(id, path), "utf8");
    const [first, second] = content.training_files;
    assert.equal(first.clean_path, `data/${file}.clean.jsonl`);
    assert.deepEqual(
      [first, second].map(({ clean_path }) => read(clean_path)),
      [lines("a", "b"), lines("c", "c")],
    );
    const [validation] = content.validation_files;
    assert.equal(validation.clean_path, `data/${file}.2.clean.jsonl`);
    assert.equal(read(validation.clean_path), lines("a", "b"));
    assert.equal(read(first.path), `${lines("a", "b")}{}\n`);
  });

  it("are not written for other programs", async () => {
    const { id, file, content } = await job({});
    assert.ok(!("clean_path" in content.training_files[0]));
    assert.ok(!existsSync(trainings.server.path(id, `data/${file}.clean.jsonl`)));
  });
});

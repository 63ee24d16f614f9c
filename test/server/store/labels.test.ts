import assert from "node:assert/strict";
import { join } from "node:path";
import { createJobBody } from "../../../server/src/domain/jobSpec";
import { openDatabase } from "../../../server/src/store/database";
import { JobStore } from "../../../server/src/store/jobs";
import { ModelStore } from "../../../server/src/store/models";
import { folder, removeFolders } from "../support";

const LABELS = Array.from({ length: 4_500 }, (_, index) => `label-${index}-${"x".repeat(90)}`);
const TARGETS = [{ name: "mood", labels: LABELS, weight: 1, loss_function: "single_class" as const }];
const PAGE = { page: 0, page_size: 100, created_by_me: false };
const spec = createJobBody.parse({ model: "m", training_files: ["f"], classifier_targets: TARGETS });

describe("server: the labels of classifiers in the store", () => {
  afterEach(removeFolders);

  /** Counts the characters of all rows that the store reads. */
  function countingDatabase() {
    const database = openDatabase(join(folder(), "server.db"));
    const read = { characters: 0 };
    const prepare = database.prepare.bind(database);
    const count = <Result>(result: Result): Result => {
      read.characters += JSON.stringify(result ?? null).length;
      return result;
    };
    database.prepare = ((sql: string) => {
      const statement = prepare(sql);
      return {
        run: statement.run.bind(statement),
        get: (...values: unknown[]) => count(statement.get(...values)),
        all: (...values: unknown[]) => count(statement.all(...values)),
      };
    }) as unknown as typeof database.prepare;
    return { database, read };
  }

  it("are not read by lists, changes of the status and progress, but are part of the job", () => {
    const { database, read } = countingDatabase();
    const [jobs, models] = [new JobStore(database), new ModelStore(database)];
    const ids = Array.from({ length: 5 }, () => jobs.create(spec, "process", { workspace: "default", owner: "o" }).id);
    for (const id of ids) models.add(`model-of-${id}`, jobs.transition(id, "VALIDATING"), 10);
    read.characters = 0;
    assert.equal(jobs.list(PAGE, { workspace: "default", owner: "o" }).jobs.length, 5);
    assert.deepEqual(models.listByJobs(ids)[0]?.artifactBytes, 10);
    for (const id of ids) {
      jobs.transition(id, "VALIDATED");
      jobs.record(id, { step: 1, updatedAt: 1 }, { checkpoints: [] });
    }
    assert.ok(read.characters < 20_000, `${read.characters} characters`);
    assert.deepEqual(jobs.get(ids[0] as string)?.spec, spec);
    database.close();
  });

  it("are in a list of models up to 8 MiB, and always in a single model", () => {
    const { database, read } = countingDatabase();
    const [jobs, models] = [new JobStore(database), new ModelStore(database)];
    const job = jobs.create({ ...spec, job_type: "classifier" }, "process", { workspace: "default", owner: "o" });
    for (let number = 0; number < 25; number++) models.add(`model-${number}`, job);
    read.characters = 0;
    const list = models.list("default");
    assert.ok(read.characters < 10e6, `${read.characters} characters`);
    assert.equal(list.length, 25);
    assert.deepEqual(list[0]?.classifierTargets, TARGETS);
    assert.ok(JSON.stringify(list).length < 8.1 * 2 ** 20);
    assert.equal(list.at(-1)?.classifierTargets, undefined);
    assert.deepEqual(models.get(list.at(-1)?.id as string)?.classifierTargets, TARGETS);
    database.close();
  });
});

import assert from "node:assert/strict";
import { evaluateModel } from "../../../server/dist/trainers/program/command/evaluateModel";
import { Program } from "../../../server/dist/trainers/program/command/program";
import type { EvaluationRequest, EvaluationResult, Trainer } from "../../../server/src/domain/trainer";
import { Evaluator } from "../../../server/src/jobs/evaluator";
import { openDatabase } from "../../../server/src/store/database";
import { MAX_UNFINISHED, ModelEvaluationStore } from "../../../server/src/store/modelEvaluations";
import { eventually } from "../../support/eventually";

describe("server: the evaluator", () => {
  const database = openDatabase(":memory:");
  database.pragma("foreign_keys = OFF");
  after(() => database.close());
  const store = new ModelEvaluationStore(database);
  const queue = (workspace: string, key: string) =>
    store.queue({ workspace, key, largerKeys: [], model: "base", jobId: "job", trainer: "fake", samples: 0 });
  const spec = {
    model: "base",
    job_type: "completion",
    classifier_targets: [],
    validation_files: [],
    hyperparameters: {},
  };

  function evaluator(evaluate: (request: EvaluationRequest) => Promise<EvaluationResult>): Evaluator {
    const options = {
      evaluations: store,
      jobs: { get: () => ({ id: "job", trainer: "fake", spec }) },
      models: { find: () => undefined },
      files: {},
      trainers: new Map([["fake", { evaluate } as unknown as Trainer]]),
      onError: () => {},
      retryDelay: 1,
    };
    return new Evaluator(options as unknown as ConstructorParameters<typeof Evaluator>[0]);
  }

  it("lets workspaces take turns, and limits their unfinished evaluations", async () => {
    const order: string[] = [];
    const tested = evaluator(async ({ workspace }) => {
      order.push(workspace);
      return { figures: {}, samples: [] };
    });
    const many = Array.from({ length: MAX_UNFINISHED }, (_, index) => queue("many", String(index)));
    assert.equal(queue("many", "one more"), undefined);
    assert.equal(queue("many", "0")?.id, many[0]?.id);
    const one = queue("one", "0");
    assert.ok(one !== undefined);
    tested.open();
    await eventually("the end", () => store.unfinished().length === 0);
    assert.equal(order.indexOf("one"), 2);
    assert.ok(queue("many", "one more") !== undefined);
    await tested.close();
  });

  it("fails after system errors that do not pass", async () => {
    const full = Object.assign(new Error("full"), { code: "ENOSPC" });
    const tested = evaluator(() => Promise.reject(full));
    const { id, workspace } = queue("system", "0") as { id: string; workspace: string };
    tested.add({ id, workspace });
    const reason = await eventually("the failure", () => store.get(id)?.reason);
    assert.equal(reason, `the disk is full (ENOSPC); search the log of the server for ${id}`);
    await tested.close();
  });

  it("ends a program that exceeds the time limit", async () => {
    const program = new Program([process.execPath, "-e", "setTimeout(() => {}, 60000)"]);
    const request = { rows: {}, validationFiles: [] } as unknown as EvaluationRequest;
    const sources = { base: { path: "base" }, adapter: null, gpus: [] };
    const result = await evaluateModel(program, request, sources, new AbortController().signal, 360);
    assert.deepEqual(result, { failure: "The evaluation took longer than 0.0001 hours" });
    await program.close();
  });
});

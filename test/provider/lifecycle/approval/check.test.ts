import assert from "node:assert/strict";
import { UNKNOWN } from "../../../../provider/src/inputs/unknowns";
import { checkApproval } from "../../../../provider/src/lifecycle/approval/check";
import { createApproval } from "../../../../provider/src/lifecycle/approval/create";
import { check } from "../../../../provider/src/lifecycle/check";
import { fastClock, TestHost, urnOf } from "../../../support/host";
import { type Answer, ScriptedServer } from "../../../support/scriptedServer";

const URN = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/mistral:ModelApproval::prod";
const MODEL = "ft:open-mistral-7b:support";
const JOB = "b888f774-3e7c-4135-a18c-6b985523c4bc";

describe("checking an approval", () => {
  let server: ScriptedServer;

  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());

  const newHost = () => {
    const host = new TestHost({ baseUrl: server.url, maxRetries: "0" });
    host.clock = fastClock(1000);
    return host;
  };
  const problemsOf = async (inputs: object, host = newHost()) =>
    (await checkApproval({}, { ...inputs, __urn: URN, __organization: "organization" }, host)).problems;

  const invalid: [what: string, inputs: object, problem: RegExp][] = [
    ["no threshold", { jobId: JOB }, /^expected at least one threshold: minImprovement, maxValidationLoss/],
    ["no job", { maxValidationLoss: 1 }, /^jobId: is required$/],
    ["a share above 1", { jobId: JOB, minAccuracy: 90 }, /^minAccuracy: expected .*at most 1/],
    ["a misspelt input", { jobId: JOB, minTokenAcuracy: 0.5 }, /did you mean minTokenAccuracy\?/],
    [
      "a baseline without an improvement",
      { jobId: JOB, maxValidationLoss: 1, baselineModel: MODEL },
      /minImprovement too/,
    ],
    [
      "an unknown choice",
      { jobId: JOB, maxValidationLoss: 1, onMiss: "warn" },
      /^onMiss: expected "fail" or "keepPrevious"/,
    ],
  ];
  for (const [what, inputs, problem] of invalid) {
    it(`refuses ${what}`, async () => {
      const [message = "", ...more] = await problemsOf(inputs);
      assert.match(message, problem);
      assert.deepEqual(more, []);
    });
  }

  it("names the only job without validation data before anything is trained", async () => {
    serve({});
    const host = newHost();
    await check({}, { model: "m", trainingFiles: [{ fileId: JOB }], __urn: urnOf("support-bot") }, host);
    const inputs = { jobId: UNKNOWN, maxValidationLoss: 1 };
    assert.match(String(await problemsOf(inputs, host)), /^jobId: the job support-bot has no validationFiles/);
    // Which of two jobs the approval judges is not known.
    await check({}, { model: "m", trainingFiles: [{ fileId: JOB }], __urn: urnOf("other") }, host);
    assert.deepEqual(await problemsOf(inputs, host), []);
  });

  it("keeps the name of the hold when the URN changes", async () => {
    serve({});
    const first = await checkApproval({}, { jobId: JOB, maxValidationLoss: 1, __urn: URN }, newHost());
    const renamed = { jobId: JOB, maxValidationLoss: 1, __urn: `${URN}-2` };
    const second = await checkApproval(first.inputs, renamed, newHost());
    assert.equal(second.inputs.__holder, first.inputs.__holder);
    assert.notEqual((await checkApproval({}, renamed, newHost())).inputs.__holder, first.inputs.__holder);
  });

  describe("on a server without extensions", () => {
    const job = {
      id: JOB,
      model: "open-mistral-7b",
      status: "SUCCESS",
      fine_tuned_model: MODEL,
      validation_files: [JOB],
    };
    const checkpoints = [
      { step_number: 10, created_at: 1, metrics: { valid_loss: 2, valid_mean_token_accuracy: 0.4 } },
      { step_number: 20, created_at: 2, metrics: { valid_loss: 0.9, valid_mean_token_accuracy: 0.7 } },
    ];

    beforeEach(() =>
      serve({ [`/v1/fine_tuning/jobs/${JOB}`]: { ...job, checkpoints }, [`/v1/models/${MODEL}`]: { id: MODEL } }),
    );

    it("refuses thresholds that need an evaluation, before anything is trained", async () => {
      const improvement = await problemsOf({ jobId: UNKNOWN, minImprovement: 0.5 });
      assert.match(
        String(improvement),
        /^minImprovement: \S+ does not evaluate models, so there is no loss to compare with/,
      );
      const accuracy = await problemsOf({ jobId: UNKNOWN, minAccuracy: 0.5 });
      assert.match(String(accuracy), /^minAccuracy: \S+ does not evaluate models/);
    });

    it("judges the metrics of the last checkpoint, and warns that the model is not held", async () => {
      const host = newHost();
      const inputs = { jobId: JOB, maxValidationLoss: 1, __urn: URN, __holder: "approval-1" };
      const { outputs } = await createApproval(inputs, host);
      assert.deepEqual([outputs.model, outputs.figures.source], [MODEL, "checkpoint"]);
      assert.deepEqual(outputs.figures.tuned, { step: 20, validLoss: 0.9, validMeanTokenAccuracy: 0.7 });
      assert.match(host.logged[0]?.message ?? "", /cannot hold models: set modelDeletionPolicy "retain"/);
      const strict = { ...inputs, maxValidationLoss: 0.89 };
      await assert.rejects(
        createApproval(strict, host),
        /missed {2}maxValidationLoss 0.89: the validation loss is 0.9/,
      );
      await assert.rejects(
        createApproval({ ...inputs, minImprovement: 0 }, host),
        /minImprovement: the base model was not measured/,
      );
      const compared = { ...inputs, minImprovement: 0, baselineModel: "other" };
      await assert.rejects(createApproval(compared, host), /baselineModel: \S+ cannot evaluate other/);
    });

    it("does not take a figure that is not a number for one that meets a threshold", async () => {
      const broken = [{ step_number: 20, created_at: 2, metrics: {} }];
      serve({ [`/v1/fine_tuning/jobs/${JOB}`]: { ...job, checkpoints: broken } });
      const inputs = { jobId: JOB, maxValidationLoss: 1, onMiss: "keepPrevious", __urn: URN } as const;
      await assert.rejects(createApproval(inputs, newHost()), /there is no validation loss \(maxValidationLoss\)/);
    });
  });

  it("has the server evaluate a job without an evaluation, and waits for the figures", async () => {
    const job = { id: JOB, model: "m", status: "SUCCESS", fine_tuned_model: MODEL, validation_files: [JOB] };
    const evaluation = { id: "evaluation-1", status: "QUEUED", model: MODEL };
    const measured = { ...evaluation, status: "SUCCESS", figures: { valid_loss: 0.5 } };
    const replies: Record<string, unknown> = {
      "/v1/fine_tuning/capabilities": { features: { evaluation_on_demand: true } },
      [`/v1/fine_tuning/jobs/${JOB}`]: job,
      [`/v1/models/${MODEL}`]: { id: MODEL },
      "/v1/fine_tuning/evaluations": evaluation,
      "/v1/fine_tuning/evaluations/evaluation-1": measured,
    };
    // Another address than that of the tests above: a process asks each server once for its capabilities.
    const connection = { baseUrl: `http://localhost:${server.port}` };
    const inputs = { jobId: JOB, maxValidationLoss: 1, connection, __urn: URN, __holder: "approval-1" };
    serve(replies);
    const { figures } = (await createApproval(inputs, newHost())).outputs;
    assert.deepEqual(figures, { tuned: { validLoss: 0.5 }, source: "onDemand" });
    const asked = server.received.find(({ method }) => method === "POST");
    assert.deepEqual(asked?.json(), { model: MODEL, job_id: JOB });
    serve({
      ...replies,
      "/v1/fine_tuning/evaluations/evaluation-1": { ...evaluation, status: "FAILED", reason: "no GPU" },
    });
    await assert.rejects(
      createApproval(inputs, newHost()),
      /evaluating ft:\S+ .* failed: no GPU. Run `pulumi up` again/,
    );
  });

  describe("when the server cannot measure", () => {
    const job = { id: JOB, model: "m", status: "SUCCESS", fine_tuned_model: MODEL, validation_files: [JOB] };
    const checkpoints = [{ step_number: 20, created_at: 2, metrics: { valid_loss: 0.9 } }];
    const refuse = (status: number, body: object) =>
      serve(
        {
          "/measuring/v1/fine_tuning/capabilities": { features: { evaluation_on_demand: true } },
          [`/measuring/v1/fine_tuning/jobs/${JOB}`]: { ...job, checkpoints },
          [`/measuring/v1/models/${MODEL}`]: { id: MODEL },
        },
        { path: "/measuring/v1/fine_tuning/evaluations", status, body },
      );
    const approve = (more: object) =>
      createApproval(
        { jobId: JOB, connection: { baseUrl: `${server.url}/measuring` }, __urn: URN, __holder: "approval-1", ...more },
        newHost(),
      );

    it("uses the checkpoints of a model of another trainer, and cannot compare it", async () => {
      refuse(501, { detail: "The trainer simulated of this server cannot evaluate a model on demand" });
      assert.equal((await approve({ maxValidationLoss: 1 })).outputs.figures.source, "checkpoint");
      await assert.rejects(approve({ minImprovement: 0 }), /minImprovement: the base model was not measured/);
      const compared = { minImprovement: 0, baselineModel: "other" };
      await assert.rejects(approve(compared), /baselineModel: \S+ cannot evaluate other/);
    });

    it("says which figure is missing after the validation data was deleted", async () => {
      refuse(422, { detail: [{ loc: ["body", "job_id"], msg: "was deleted", type: "file_not_found" }] });
      for (const more of [{}, { baselineModel: "other" }]) {
        await assert.rejects(approve({ minImprovement: 0, ...more }), /there is no improvement of the validation loss/);
      }
      refuse(422, { detail: [{ loc: ["body", "model"], msg: "is a classifier", type: "job_type" }] });
      await assert.rejects(approve({ minImprovement: 0 }), /422 .*is a classifier/);
    });
  });

  /** Answers by path; 404 for every other path, as a server without extensions does. */
  function serve(replies: Record<string, unknown>, refusal?: { path: string; status: number; body: object }): void {
    const answer: Answer = ({ path }, response) => {
      if (path === refusal?.path) {
        response.writeHead(refusal.status, { "content-type": "application/json" });
        response.end(JSON.stringify(refusal.body));
        return;
      }
      const reply = replies[decodeURIComponent(path)];
      response.writeHead(reply === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(reply ?? { detail: "Not Found" }));
    };
    server.script(answer);
  }
});

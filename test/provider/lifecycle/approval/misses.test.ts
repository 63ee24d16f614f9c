import assert from "node:assert/strict";
import { createApproval } from "../../../../provider/src/lifecycle/approval/create";
import { updateApproval } from "../../../../provider/src/lifecycle/approval/update";
import type { ApprovalInputs, ApprovalState } from "../../../../provider/src/schema/approval";
import { TestHost } from "../../../support/host";
import { ScriptedServer } from "../../../support/scriptedServer";

const JOB = "b888f774-3e7c-4135-a18c-6b985523c4bc";
const MODEL = "ft:open-mistral-7b:support";
const HOLDER = "approval-0123456789abcdef";
const MISSES = `/v1/fine_tuning/holds/${HOLDER}/misses`;
const CHECKPOINT = { step_number: 20, created_at: 2, metrics: { valid_loss: 1.2, valid_mean_token_accuracy: 0.7 } };

describe("a missed approval", () => {
  let server: ScriptedServer;
  let count = 0;
  before(async () => {
    server = await ScriptedServer.start();
  });
  after(() => server.stop());

  /** Answers as a server with these features. Each time, the server has another path, because a process asks for features once. */
  function serve(features: object, status = 200): TestHost {
    const prefix = `/server-${++count}`;
    const job = { id: JOB, model: "m", status: "SUCCESS", fine_tuned_model: MODEL, checkpoints: [CHECKPOINT] };
    const replies: Record<string, object> = {
      "/v1/fine_tuning/capabilities": { features },
      [`/v1/fine_tuning/jobs/${JOB}`]: { ...job, validation_files: [JOB] },
      [`/v1/fine_tuning/holds/${HOLDER}`]: { id: HOLDER, models: ["ft:approved"] },
      [MISSES]: status === 200 ? { object: "fine_tuning.approval_miss" } : { message: "the disk is full" },
    };
    server.script(({ path }, response) => {
      const reply = replies[decodeURIComponent(path).slice(prefix.length)];
      response.writeHead(reply === undefined ? 404 : path.endsWith("/misses") ? status : 200);
      response.end(JSON.stringify(reply ?? { detail: "Not Found" }));
    });
    return new TestHost({ baseUrl: server.url + prefix, maxRetries: "0" });
  }

  const inputs = {
    jobId: JOB,
    maxValidationLoss: 1,
    minTokenAccuracy: 0.9,
    __urn: "urn:pulumi:dev::project::pulumi-nodejs:dynamic/mistral:ModelApproval::prod",
    __holder: HOLDER,
  } as ApprovalInputs;
  const approved = { ...inputs, model: "ft:approved", maxValidationLoss: 100 } as ApprovalState;
  const reports = () => server.received.filter(({ path }) => path.endsWith("/misses"));
  const FEATURES = { holds: true, approval_misses: true };
  const REPORT = {
    job_id: JOB,
    model: MODEL,
    description: "approval prod of stack project/dev",
    thresholds: ["validation loss 1.2 is above 1", "token accuracy 0.7 is below 0.9"],
  };

  const misses: [title: string, miss: (host: TestHost) => Promise<unknown>][] = [
    ["a first approval", (host) => createApproval(inputs, host)],
    ["an approval that has nothing to keep", (host) => createApproval({ ...inputs, onMiss: "keepPrevious" }, host)],
    ["an update", (host) => updateApproval(HOLDER, approved, inputs, host)],
    [
      "an update that keeps the approved model",
      (host) => updateApproval(HOLDER, approved, { ...inputs, onMiss: "keepPrevious" }, host),
    ],
  ];
  const outcome = (operation: Promise<unknown>) => operation.catch(({ message }: Error) => message);

  for (const [title, miss] of misses) {
    it(`of ${title} is reported once, and a failed report changes nothing else`, async () => {
      const host = serve(FEATURES);
      const reported = await outcome(miss(host));
      assert.match(JSON.stringify(reported), /misses 2 of 2|"approved":false/);
      assert.equal(reports().length, 1);
      assert.deepEqual(reports()[0]?.json(), REPORT);
      const failing = serve(FEATURES, 507);
      const unreported = await outcome(miss(failing));
      assert.deepEqual(withoutServer(unreported), withoutServer(reported));
      const [warning, ...others] = failing.logged;
      assert.match(
        warning?.message ?? "",
        /^no notification of the miss was sent: .*507.* The approval is not affected\.$/,
      );
      assert.deepEqual(others.map(withoutServer), host.logged.map(withoutServer));
      const plain = serve({ holds: true });
      assert.deepEqual(withoutServer(await outcome(miss(plain))), withoutServer(reported));
      assert.deepEqual(reports(), []);
    });
  }

  it("is not reported when the model is approved", async () => {
    const host = serve(FEATURES);
    const lower = { ...inputs, maxValidationLoss: 2, minTokenAccuracy: 0 };
    assert.doesNotMatch(JSON.stringify(await outcome(createApproval(lower, host))), /misses/);
    assert.deepEqual(reports(), []);
  });

  const withoutServer = (value: unknown) => JSON.stringify(value).replaceAll(/\/server-\d+/g, "");
});

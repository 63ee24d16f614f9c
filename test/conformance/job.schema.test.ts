import assert from "node:assert/strict";
import { isTerminal } from "../../common/src";
import { JobStatus } from "../../server/src/domain/status";
import { CLASSIFIER_TARGETS, type Json, samples, withServer } from "../server/support";
import { eventually } from "../support/eventually";
import { errorsOf, jobListSchema, jobSchemas } from "./schemas";

interface JobReply {
  by: keyof typeof LOCATIONS;
  job: Json;
}

const LOCATIONS = { POST: "in the reply to its creation", GET: "as a single job", list: "in a list" };

const EVERYTHING = {
  suffix: "everything",
  hyperparameters: { training_steps: 3, epochs: 1, seq_len: 100, fim_ratio: 0 },
  integrations: [{ project: "p", name: "n", run_name: "r", api_key: "w".repeat(40) }],
  repositories: [{ owner: "o", name: "r", token: "t" }],
};

describe("server: the JSON of a job", function () {
  this.timeout(60_000);
  // Slow enough that every status lasts for several polls: validation takes 0.4 s, the others 0.1 s.
  const api = withServer({ speed: 20 });
  const replies: JobReply[] = [];
  const lists: Json[] = [];

  /** Creates a job, polls it until it has one of the statuses, and keeps every reply. */
  async function watch(body: Record<string, unknown>, ...until: JobStatus[]): Promise<string> {
    const created = await api.job(body);
    replies.push({ by: "POST", job: created });
    await pollUntil(created.id, ...until);
    return created.id;
  }

  async function pollUntil(id: string, ...until: JobStatus[]): Promise<void> {
    await eventually(`${until.join(" or ")} for job ${id}`, async () => {
      const [job, list] = await Promise.all([api.getJob(id), api.ok("GET", "/v1/fine_tuning/jobs?page_size=100")]);
      replies.push({ by: "GET", job }, ...list.data.map((each: Json) => ({ by: "list", job: each })));
      lists.push(list);
      if (until.includes(job.status)) return true;
      assert.ok(!isTerminal(job.status), `expected ${until}, found ${JSON.stringify(job.events[0])}`);
      return false;
    });
  }

  async function change(id: string, action: "start" | "cancel", until: JobStatus): Promise<void> {
    replies.push({ by: "GET", job: await api.ok("POST", `/v1/fine_tuning/jobs/${id}/${action}`) });
    await pollUntil(id, until);
  }

  before(async () => {
    const validation_files = [await api.fileId(samples(1), "valid.jsonl")];
    const classifier = await api.fileId('{"text":"a","labels":{"mood":"good"}}\n');
    const bad = await api.fileId("not JSON\n");
    await Promise.all([
      watch({}, "SUCCESS"),
      watch({ ...EVERYTHING, validation_files }, "SUCCESS"),
      watch({ training_files: [classifier], classifier_targets: CLASSIFIER_TARGETS }, "SUCCESS"),
      watch({ hyperparameters: { training_steps: 5, learning_rate: 0.5 } }, "FAILED"),
      watch({ training_files: [bad] }, "FAILED_VALIDATION"),
      watch({ auto_start: false }, "VALIDATED").then((id) => change(id, "start", "SUCCESS")),
      watch({ auto_start: false }, "VALIDATING").then((id) => change(id, "cancel", "CANCELLED")),
      watch({ hyperparameters: { training_steps: 1000 } }, "RUNNING").then((id) => change(id, "cancel", "CANCELLED")),
    ]);
  });

  for (const status of JobStatus.options) {
    // Validation starts before a client can poll the job, so only the reply to the creation has the status QUEUED.
    for (const by of status === "QUEUED" ? (["POST"] as const) : (["GET", "list"] as const)) {
      it(`matches both schemas with status ${status}, ${LOCATIONS[by]}`, () => {
        const jobs = replies.filter((each) => each.by === by && each.job.status === status);
        assert.ok(jobs.length > 0, `no job was seen with status ${status}`);
        for (const { job } of jobs) {
          for (const [name, validate] of Object.entries(jobSchemas)) {
            assert.deepEqual(errorsOf(validate, job), [], `by ${name}: ${JSON.stringify(job)}`);
          }
        }
      });
    }
  }

  it("is in lists that match the OpenAPI document", () => {
    assert.ok(lists.length > 0 && lists.at(-1).total === 8);
    for (const list of lists) {
      assert.deepEqual(errorsOf(jobListSchema, list), []);
    }
  });

  it("is checked by schemas that detect errors", () => {
    const [job] = replies.map((each) => each.job);
    for (const broken of [
      { ...job, status: "DONE" },
      { ...job, suffix: null },
      { ...job, training_files: ["x"] },
    ]) {
      for (const [name, validate] of Object.entries(jobSchemas)) {
        // The OpenAPI document does not describe the suffix.
        if (broken.suffix === null && name.includes("OpenAPI")) continue;
        assert.equal(errorsOf(validate, broken).length, 1, `${name}: ${JSON.stringify(broken)}`);
      }
      assert.notDeepEqual(errorsOf(jobListSchema, { data: [{ ...job, status: "DONE" }] }), []);
    }
  });
});

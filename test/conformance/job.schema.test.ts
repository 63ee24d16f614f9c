import assert from "node:assert/strict";
import { isTerminal } from "../../common/src";
import { JobStatus } from "../../server/src/domain/status";
import { CLASSIFIER_TARGETS, type Json, samples, withServer } from "../server/support";
import { eventually } from "../support/eventually";
import { jobListSchema, jobSchemas, mistakes } from "./schemas";

interface Seen {
  by: keyof typeof PLACES;
  job: Json;
}

const PLACES = { POST: "in the reply to its creation", GET: "shown alone", list: "in a list" };

const EVERYTHING = {
  suffix: "everything",
  hyperparameters: { training_steps: 3, epochs: 1, seq_len: 100, fim_ratio: 0 },
  integrations: [{ project: "p", name: "n", run_name: "r", api_key: "w".repeat(40) }],
  repositories: [{ owner: "o", name: "r", token: "t" }],
};

describe("server: the JSON of a job", function () {
  this.timeout(60_000);
  // Slow enough for every status to last several polls: validating takes 0.4 s, all else 0.1 s.
  const api = withServer({ speed: 20 });
  const seen: Seen[] = [];
  const lists: Json[] = [];

  /** Creates a job and keeps all that is answered until it has one of the statuses. */
  async function watch(body: Record<string, unknown>, ...until: JobStatus[]): Promise<string> {
    const created = await api.job(body);
    seen.push({ by: "POST", job: created });
    await watchOn(created.id, ...until);
    return created.id;
  }

  async function watchOn(id: string, ...until: JobStatus[]): Promise<void> {
    await eventually(`${until.join(" or ")} for job ${id}`, async () => {
      const [job, list] = await Promise.all([api.getJob(id), api.ok("GET", "/v1/fine_tuning/jobs?page_size=100")]);
      seen.push({ by: "GET", job }, ...list.data.map((each: Json) => ({ by: "list", job: each })));
      lists.push(list);
      if (until.includes(job.status)) return true;
      assert.ok(!isTerminal(job.status), `expected ${until}, found ${JSON.stringify(job.events[0])}`);
      return false;
    });
  }

  async function change(id: string, action: "start" | "cancel", until: JobStatus): Promise<void> {
    seen.push({ by: "GET", job: await api.ok("POST", `/v1/fine_tuning/jobs/${id}/${action}`) });
    await watchOn(id, until);
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
    // A job is looked at before anyone can ask for it: that it was QUEUED, only the reply to its creation shows.
    for (const by of status === "QUEUED" ? (["POST"] as const) : (["GET", "list"] as const)) {
      it(`is as both documents describe it when ${status}, ${PLACES[by]}`, () => {
        const jobs = seen.filter((each) => each.by === by && each.job.status === status);
        assert.ok(jobs.length > 0, `no job was seen with status ${status}`);
        for (const { job } of jobs) {
          for (const [name, validate] of Object.entries(jobSchemas)) {
            assert.deepEqual(mistakes(validate, job), [], `by ${name}: ${JSON.stringify(job)}`);
          }
        }
      });
    }
  }

  it("is in lists that are as the OpenAPI document describes them", () => {
    assert.ok(lists.length > 0 && lists.at(-1).total === 8);
    for (const list of lists) {
      assert.deepEqual(mistakes(jobListSchema, list), []);
    }
  });

  it("is checked by schemas that do find mistakes", () => {
    const [job] = seen.map((each) => each.job);
    for (const broken of [
      { ...job, status: "DONE" },
      { ...job, suffix: null },
      { ...job, training_files: ["x"] },
    ]) {
      for (const [name, validate] of Object.entries(jobSchemas)) {
        // The OpenAPI document does not know the suffix.
        if (broken.suffix === null && name.includes("OpenAPI")) continue;
        assert.equal(mistakes(validate, broken).length, 1, `${name}: ${JSON.stringify(broken)}`);
      }
      assert.notDeepEqual(mistakes(jobListSchema, { data: [{ ...job, status: "DONE" }] }), []);
    }
  });
});

import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { countsOf } from "../support/proxiedRequest";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";

const JOBS = 100;
/** Each job: look up an existing job, upload, create, look up again, start, and poll until the end. */
const MAX_REQUESTS_PER_JOB = 25;

const program = `
import { FineTuningJob } from "pulumi-mistral";
const jobs = Array.from({ length: ${JOBS} }, (_, index) => new FineTuningJob(\`job-\${index}\`, {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 1000 },
}));
export const statuses = jobs.map((job) => job.status);
export const jobIds = jobs.map((job) => job.jobId);
`;

describeWithEngine(`a stack of ${JOBS} jobs`, (engine) => {
  it("trains each job once, all in parallel, with a bounded number of requests", async () => {
    // The trainings take 2000 simulated seconds, 10 real ones.
    const server = await engine.server({ speed: 200 });
    const proxy = await engine.proxy(server.url);
    const remote = new Remote(server.url);
    const stack = await engine.stack({
      files: { "index.ts": program, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": proxy.url() },
    });
    const requests = proxy.route("");
    const started = performance.now();
    await succeeds(stack.up("--parallel", String(JOBS)));
    const seconds = (performance.now() - started) / 1000;
    const { statuses, jobIds } = (await stack.outputs()) as { statuses: string[]; jobIds: string[] };
    assert.deepEqual([...new Set(statuses)], ["SUCCESS"]);
    assert.equal(new Set(jobIds).size, JOBS);
    const jobs = await remote.jobs();
    assert.deepEqual(jobs.map(({ id }) => id).sort(), jobIds.sort());
    assert.ok(jobs.every(({ status }) => status === "SUCCESS"));
    assert.equal(countsOf(requests).get("POST /v1/fine_tuning/jobs"), JOBS);
    console.log(`      ${JOBS} jobs in ${seconds.toFixed(1)} s, ${requests.length} requests:`);
    for (const [route, count] of [...countsOf(requests)].sort()) console.log(`        ${count} ${route}`);
    assert.ok(requests.length <= MAX_REQUESTS_PER_JOB * JOBS, `${requests.length} requests`);

    const later = proxy.route("");
    await succeeds(stack.up("--expect-no-changes", "--parallel", String(JOBS)));
    assert.equal(later.length, 0);
    await succeeds(stack.destroy("--parallel", String(JOBS)));
    console.log(`      destroyed with ${later.length} requests`);
    assert.ok(later.length <= MAX_REQUESTS_PER_JOB * JOBS, `${later.length} requests`);
    assert.deepEqual(await remote.files(), []);
  });
});

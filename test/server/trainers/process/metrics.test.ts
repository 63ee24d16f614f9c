import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { eventually } from "../../../support/eventually";
import { type ServerSentEvent, serverSentEvents } from "../../../support/serverSentEvents";
import type { Api, Json } from "../../support";
import { withTrainings } from "../../trainings";

async function events(api: Api, id: string, seen: ServerSentEvent[] = []): Promise<ServerSentEvent[]> {
  const last = seen.findLast((event) => event.id !== undefined)?.id;
  const headers = last === undefined ? undefined : { "last-event-id": last };
  const response = await fetch(`${api.url}/v1/fine_tuning/jobs/${id}/metrics/stream`, { ...(headers && { headers }) });
  try {
    for await (const event of serverSentEvents(response)) seen.push(event);
  } catch {
    // The server was killed.
  }
  return seen;
}

/** Applies the events as a client does. */
function series(seen: ServerSentEvent[]): Json[] {
  const points = new Map<string, Json>();
  for (const { event, data } of seen) {
    if (event === "step" || event === "evaluation") points.set(`${event} ${data.step}`, data);
    if (event !== "resumed") continue;
    for (const [key, { step }] of points) if (step > data.step) points.delete(key);
  }
  return [...points.values()].sort((one, other) => one.id - other.id);
}

describe("process trainer: metrics", () => {
  const trainings = withTrainings();

  it("has each point once, and says where a training resumed, after a killed server and a killed program", async () => {
    let api = await trainings.start({ "open-mistral-7b": { behaviour: "oom", at: 9, attempts: 1, every: 3, ms: 40 } });
    const { id } = await api.job({ hyperparameters: { training_steps: 16 } });
    const seen: ServerSentEvent[] = [];
    const interrupted = events(api, id, seen);
    await eventually("the first points", () => series(seen).length >= 3);
    await trainings.server.kill();
    await interrupted;
    assert.ok(!seen.some(({ event }) => event === "end"));
    api = await trainings.server.start();
    await events(api, id, seen);
    assert.deepEqual(seen.at(-1), { event: "end", data: { status: "SUCCESS" } });
    assert.deepEqual(
      seen.filter(({ event }) => event === "resumed").map(({ data }) => data),
      [{ step: 6 }],
    );
    const { data, simulated } = await api.ok("GET", `/v1/fine_tuning/jobs/${id}/metrics?type=step`);
    assert.equal(simulated, false);
    assert.deepEqual(
      data.map(({ step, metrics }: Json) => [step, metrics.train_loss]),
      Array.from({ length: 16 }, (_, index) => [index + 1, 2 / (index + 1)]),
    );
    assert.deepEqual(series(seen), data);
  });

  it("keeps every figure of the contract, of records that arrive while the job runs", async () => {
    const api = await trainings.start({ "open-mistral-7b": { ms: 100 } });
    const { id } = await api.job({ hyperparameters: { training_steps: 6 } });
    await eventually("the first step", async () => (await api.getJob(id)).metadata.current_step >= 1);
    const time = Date.now() / 1000;
    const figures = { learning_rate: 1e-4, grad_norm: 0.5, tokens_per_second: 5120.5, gpu_memory_bytes: 7e9 };
    const metrics = { valid_loss: 1.5, valid_mean_token_accuracy: 0.5 };
    const records = [
      { type: "step", time, step: 1, loss: 1.25, ...figures },
      { type: "step", time, step: 1 },
      { type: "checkpoint", time, step: 1, metrics: { train_loss: 1.25, ...metrics } },
      { type: "evaluation", time, stage: "base", step: 0, metrics: { valid_loss: 2.5, accuracy: 0.25, f1: 0.2 } },
    ];
    appendFileSync(
      trainings.server.path(id, "progress.jsonl"),
      records.map((record) => `${JSON.stringify(record)}\n`).join(""),
    );
    const evaluations = await eventually("the evaluations", async () => {
      const { data } = await api.ok("GET", `/v1/fine_tuning/jobs/${id}/metrics?type=evaluation`);
      return data.length === 2 ? data : undefined;
    });
    assert.deepEqual(
      evaluations.map((point: Json) => [point.step, point.metrics]),
      [
        [1, metrics],
        [0, { valid_loss: 2.5, valid_accuracy: 0.25 }],
      ],
    );
    const { data } = await api.ok("GET", `/v1/fine_tuning/jobs/${id}/metrics?type=step`);
    const reported = data.find((point: Json) => point.metrics.grad_norm !== undefined);
    assert.deepEqual([reported.step, reported.metrics], [1, { train_loss: 1.25, ...figures }]);
  });
});

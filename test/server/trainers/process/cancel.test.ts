import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { eventually } from "../../../support/eventually";
import { waitUntilGroupEnded, withTrainings } from "../../trainings";

describe("server: cancelling a training", () => {
  const trainings = withTrainings();

  it("terminates the program", async () => {
    const api = await trainings.start({ m: { ms: 60_000 } });
    const { id } = await api.job({ model: "m" });
    const group = await eventually("the program", async () =>
      existsSync(trainings.server.path(id, "attempts.txt")) ? trainings.server.group(id) : undefined,
    );
    await api.until(id, "RUNNING");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
    await api.until(id, "CANCELLED");
    await waitUntilGroupEnded(group);
  });

  it("kills a program that ignores SIGTERM", async () => {
    const api = await trainings.start({ m: { behaviour: "ignores SIGTERM", ms: 60_000 } }, "--cancel-grace", "0.5");
    const { id } = await api.job({ model: "m" });
    await api.until(id, "RUNNING");
    await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
    const job = await api.until(id, "CANCELLED");
    await waitUntilGroupEnded(await trainings.server.group(id));
    assert.equal(trainings.server.programs(id).length, 1);
    assert.equal(job.metadata.stop_reason, "cancelled");
  });

  it("ends a queued job immediately, and moves the next job up", async () => {
    const api = await trainings.start({ slow: { ms: 60_000 } });
    const first = await api.job({ model: "slow" });
    await api.until(first.id, "RUNNING");
    const second = await api.job();
    const third = await api.job();
    const waiting = await eventually("position 2 in the queue", async () => {
      const job = await api.getJob(third.id);
      return /number 2 in the queue/.test(job.metadata.waiting_for) ? job : undefined;
    });
    assert.equal(waiting.status, "STARTED");
    assert.match(
      waiting.events[0].data.reason,
      /^Queued: number \d in the queue; at most 1 trainings run at the same time/,
    );
    await api.ok("POST", `/v1/fine_tuning/jobs/${second.id}/cancel`);
    await api.until(second.id, "CANCELLED");
    await eventually("position 1 in the queue", async () =>
      /number 1 in the queue/.test((await api.getJob(third.id)).metadata.waiting_for) ? true : undefined,
    );
    await api.ok("POST", `/v1/fine_tuning/jobs/${first.id}/cancel`);
    await api.until(third.id, "SUCCESS");
    assert.ok(!existsSync(trainings.server.path(second.id)));
  });
});

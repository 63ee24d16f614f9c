import assert from "node:assert/strict";
import { NO_PROGRESS, type ProgramProgress } from "../../../../server/src/trainers/program/progress/programProgress";
import { nextRayAction } from "../../../../server/src/trainers/ray/nextRayAction";
import type { AttemptState } from "../../../../server/src/trainers/ray/observeAttempt";

const FIRST = { attempt: 1, furthestStep: 0, idle: 0, submitted: true };
const KNOWN = { attempt: FIRST, hasArtifact: false, cancelled: false, stopped: false };
const SUCCEEDED: ProgramProgress = {
  ...NO_PROGRESS,
  result: {
    type: "result",
    time: 0,
    status: "succeeded",
    artifact: "artifact",
    step: 3,
    stop_reason: "steps",
    trained_tokens: 1,
  },
};
const ended = (code: number | null, signal: string | null) => ({ attempt: 1, code, signal });
const lost: AttemptState = { state: "ended", reason: "the head node was restarted", exit: undefined };

describe("server: what the Ray trainer does next", () => {
  it("waits while the attempt runs or is queued, or the cluster is unavailable", () => {
    const down = { state: "unavailable", reason: "down", exit: undefined } as const;
    assert.deepEqual(nextRayAction({ state: "running", exit: undefined }, KNOWN, NO_PROGRESS), { kind: "wait" });
    assert.deepEqual(nextRayAction({ state: "waiting", reason: "full" }, KNOWN, NO_PROGRESS), {
      kind: "wait",
      reason: "full",
    });
    assert.deepEqual(nextRayAction(down, KNOWN, NO_PROGRESS), { kind: "wait", reason: "down" });
    assert.deepEqual(nextRayAction(down, { ...KNOWN, cancelled: true }, NO_PROGRESS), { kind: "wait", reason: "down" });
  });

  it("reads the end of a program from its folder before the cluster reports it", () => {
    for (const state of ["running", "unavailable"] as const) {
      const observed = { state, reason: "down", exit: ended(0, null) } as AttemptState;
      assert.equal(nextRayAction(observed, { ...KNOWN, hasArtifact: true }, SUCCEEDED).kind, "succeeded");
      assert.equal(nextRayAction(observed, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "cancelled");
      assert.equal(nextRayAction(observed, KNOWN, NO_PROGRESS).kind, "failed");
    }
  });

  it("starts no attempt before the cluster reports the end of the previous one", () => {
    for (const state of ["running", "unavailable"] as const) {
      const observed = { state, reason: "down", exit: ended(null, "SIGKILL") } as AttemptState;
      assert.equal(nextRayAction(observed, KNOWN, NO_PROGRESS).kind, "wait");
    }
    const over = nextRayAction({ state: "ended", reason: "", exit: ended(null, "SIGKILL") }, KNOWN, NO_PROGRESS);
    assert.deepEqual(over, { kind: "launch", attempt: 2, furthestStep: 0, idle: 1 });
  });

  it("submits an attempt again when the cluster may not have received it", () => {
    assert.equal(nextRayAction({ state: "unsubmitted" }, KNOWN, NO_PROGRESS).kind, "submit");
    assert.equal(nextRayAction({ state: "unsubmitted" }, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "cancelled");
  });

  it("gives up after several lost attempts without a new step, and resets the count with a new step", () => {
    const idle = { ...FIRST, attempt: 5, furthestStep: 7, idle: 3 };
    const last = nextRayAction(lost, { ...KNOWN, attempt: idle }, { ...NO_PROGRESS, furthestStep: 7 });
    assert.equal(last.kind, "failed");
    assert.match((last as { reason: string }).reason, /Ray reports: the head node was restarted$/);
    const next = nextRayAction(lost, { ...KNOWN, attempt: idle }, { ...NO_PROGRESS, furthestStep: 8 });
    assert.deepEqual(next, { kind: "launch", attempt: 6, furthestStep: 8, idle: 1 });
  });

  it("does not count attempts that Ray gave up starting", () => {
    const idle = { ...FIRST, attempt: 9, idle: 3 };
    const { kind, ...next } = nextRayAction({ state: "expired" }, { ...KNOWN, attempt: idle }, NO_PROGRESS);
    assert.deepEqual([kind, (next as typeof FIRST).attempt, (next as typeof FIRST).idle], ["launch", 10, 3]);
  });

  it("cancels a queued attempt after the cluster has accepted the stop request", () => {
    const waiting = { state: "waiting", reason: "full" } as const;
    assert.equal(nextRayAction(waiting, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "wait");
    assert.equal(nextRayAction(waiting, { ...KNOWN, cancelled: true, stopped: true }, NO_PROGRESS).kind, "cancelled");
  });

  it("fails a job that a user stopped in Ray, and cancels a job that the server stopped", () => {
    assert.equal(nextRayAction({ state: "stopped" }, KNOWN, NO_PROGRESS).kind, "failed");
    assert.equal(nextRayAction({ state: "stopped" }, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "cancelled");
  });
});

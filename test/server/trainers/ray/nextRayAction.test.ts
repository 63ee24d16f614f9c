import assert from "node:assert/strict";
import { NO_PROGRESS, type ProgramProgress } from "../../../../server/src/trainers/program/programProgress";
import { nextRayAction } from "../../../../server/src/trainers/ray/nextRayAction";
import type { AttemptState } from "../../../../server/src/trainers/ray/observeAttempt";

const FIRST = { attempt: 1, furthestStep: 0, idle: 0, submitted: true };
const KNOWN = { attempt: FIRST, artifact: false, cancelled: false, stopped: false };
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
const lost: AttemptState = { state: "over", reason: "the head was started anew", exit: undefined };

describe("server: what the Ray trainer does next", () => {
  it("waits while the cluster runs an attempt, keeps it in its queue, or cannot be asked", () => {
    const down = { state: "unavailable", reason: "down", exit: undefined } as const;
    assert.deepEqual(nextRayAction({ state: "running", exit: undefined }, KNOWN, NO_PROGRESS), { kind: "wait" });
    assert.deepEqual(nextRayAction({ state: "waiting", reason: "full" }, KNOWN, NO_PROGRESS), {
      kind: "wait",
      reason: "full",
    });
    assert.deepEqual(nextRayAction(down, KNOWN, NO_PROGRESS), { kind: "wait", reason: "down" });
    assert.deepEqual(nextRayAction(down, { ...KNOWN, cancelled: true }, NO_PROGRESS), { kind: "wait", reason: "down" });
  });

  it("takes the end of a program from its folder before the cluster sees it", () => {
    for (const state of ["running", "unavailable"] as const) {
      const seen = { state, reason: "down", exit: ended(0, null) } as AttemptState;
      assert.equal(nextRayAction(seen, { ...KNOWN, artifact: true }, SUCCEEDED).kind, "succeeded");
      assert.equal(nextRayAction(seen, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "cancelled");
      assert.equal(nextRayAction(seen, KNOWN, NO_PROGRESS).kind, "failed");
    }
  });

  it("begins no attempt before the cluster has said that the one before is over", () => {
    for (const state of ["running", "unavailable"] as const) {
      const seen = { state, reason: "down", exit: ended(null, "SIGKILL") } as AttemptState;
      assert.equal(nextRayAction(seen, KNOWN, NO_PROGRESS).kind, "wait");
    }
    const over = nextRayAction({ state: "over", reason: "", exit: ended(null, "SIGKILL") }, KNOWN, NO_PROGRESS);
    assert.deepEqual(over, { kind: "launch", attempt: 2, furthestStep: 0, idle: 1 });
  });

  it("submits again, under the same id, what may never have come to the cluster", () => {
    assert.equal(nextRayAction({ state: "unsubmitted" }, KNOWN, NO_PROGRESS).kind, "submit");
    assert.equal(nextRayAction({ state: "unsubmitted" }, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "cancelled");
  });

  it("gives up when attempts are lost again and again without a new step, and begins to count anew with one", () => {
    const idle = { ...FIRST, attempt: 5, furthestStep: 7, idle: 3 };
    const last = nextRayAction(lost, { ...KNOWN, attempt: idle }, { ...NO_PROGRESS, furthestStep: 7 });
    assert.equal(last.kind, "failed");
    assert.match((last as { reason: string }).reason, /Ray says: the head was started anew$/);
    const next = nextRayAction(lost, { ...KNOWN, attempt: idle }, { ...NO_PROGRESS, furthestStep: 8 });
    assert.deepEqual(next, { kind: "launch", attempt: 6, furthestStep: 8, idle: 1 });
  });

  it("does not count what Ray has given up starting", () => {
    const idle = { ...FIRST, attempt: 9, idle: 3 };
    const { kind, ...next } = nextRayAction({ state: "expired" }, { ...KNOWN, attempt: idle }, NO_PROGRESS);
    assert.deepEqual([kind, (next as typeof FIRST).attempt, (next as typeof FIRST).idle], ["launch", 10, 3]);
  });

  it("cancels what the cluster keeps in its queue once it was asked to stop it", () => {
    const waiting = { state: "waiting", reason: "full" } as const;
    assert.equal(nextRayAction(waiting, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "wait");
    assert.equal(nextRayAction(waiting, { ...KNOWN, cancelled: true, stopped: true }, NO_PROGRESS).kind, "cancelled");
  });

  it("fails what somebody has stopped in Ray, and cancels what the server has", () => {
    assert.equal(nextRayAction({ state: "stopped" }, KNOWN, NO_PROGRESS).kind, "failed");
    assert.equal(nextRayAction({ state: "stopped" }, { ...KNOWN, cancelled: true }, NO_PROGRESS).kind, "cancelled");
  });
});

import assert from "node:assert/strict";
import { BEGINNING, type Story } from "../../../../server/src/trainers/program/programProgress";
import { decideNext } from "../../../../server/src/trainers/ray/nextRayAction";
import type { Look } from "../../../../server/src/trainers/ray/observeAttempt";

const FIRST = { attempt: 1, furthestStep: 0, idle: 0, submitted: true };
const KNOWN = { attempt: FIRST, artifact: false, cancelled: false, stopped: false };
const SUCCEEDED: Story = {
  ...BEGINNING,
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
const lost: Look = { state: "over", reason: "the head was started anew", exit: undefined };

describe("server: what the Ray trainer does next", () => {
  it("waits while the cluster runs an attempt, keeps it in its queue, or cannot be asked", () => {
    const down = { state: "unavailable", reason: "down", exit: undefined } as const;
    assert.deepEqual(decideNext({ state: "running", exit: undefined }, KNOWN, BEGINNING), { kind: "wait" });
    assert.deepEqual(decideNext({ state: "waiting", reason: "full" }, KNOWN, BEGINNING), {
      kind: "wait",
      reason: "full",
    });
    assert.deepEqual(decideNext(down, KNOWN, BEGINNING), { kind: "wait", reason: "down" });
    assert.deepEqual(decideNext(down, { ...KNOWN, cancelled: true }, BEGINNING), { kind: "wait", reason: "down" });
  });

  it("takes the end of a program from its folder before the cluster sees it", () => {
    for (const state of ["running", "unavailable"] as const) {
      const seen = { state, reason: "down", exit: ended(0, null) } as Look;
      assert.equal(decideNext(seen, { ...KNOWN, artifact: true }, SUCCEEDED).kind, "succeeded");
      assert.equal(decideNext(seen, { ...KNOWN, cancelled: true }, BEGINNING).kind, "cancelled");
      assert.equal(decideNext(seen, KNOWN, BEGINNING).kind, "failed");
    }
  });

  it("begins no attempt before the cluster has said that the one before is over", () => {
    for (const state of ["running", "unavailable"] as const) {
      const seen = { state, reason: "down", exit: ended(null, "SIGKILL") } as Look;
      assert.equal(decideNext(seen, KNOWN, BEGINNING).kind, "wait");
    }
    const over = decideNext({ state: "over", reason: "", exit: ended(null, "SIGKILL") }, KNOWN, BEGINNING);
    assert.deepEqual(over, { kind: "launch", attempt: 2, furthestStep: 0, idle: 1 });
  });

  it("submits again, under the same id, what may never have come to the cluster", () => {
    assert.equal(decideNext({ state: "unsubmitted" }, KNOWN, BEGINNING).kind, "submit");
    assert.equal(decideNext({ state: "unsubmitted" }, { ...KNOWN, cancelled: true }, BEGINNING).kind, "cancelled");
  });

  it("gives up when attempts are lost again and again without a new step, and begins to count anew with one", () => {
    const idle = { ...FIRST, attempt: 5, furthestStep: 7, idle: 3 };
    const last = decideNext(lost, { ...KNOWN, attempt: idle }, { ...BEGINNING, furthestStep: 7 });
    assert.equal(last.kind, "failed");
    assert.match((last as { reason: string }).reason, /Ray says: the head was started anew$/);
    const next = decideNext(lost, { ...KNOWN, attempt: idle }, { ...BEGINNING, furthestStep: 8 });
    assert.deepEqual(next, { kind: "launch", attempt: 6, furthestStep: 8, idle: 1 });
  });

  it("does not count what Ray has given up starting", () => {
    const idle = { ...FIRST, attempt: 9, idle: 3 };
    const { kind, ...next } = decideNext({ state: "expired" }, { ...KNOWN, attempt: idle }, BEGINNING);
    assert.deepEqual([kind, (next as typeof FIRST).attempt, (next as typeof FIRST).idle], ["launch", 10, 3]);
  });

  it("cancels what the cluster keeps in its queue once it was asked to stop it", () => {
    const waiting = { state: "waiting", reason: "full" } as const;
    assert.equal(decideNext(waiting, { ...KNOWN, cancelled: true }, BEGINNING).kind, "wait");
    assert.equal(decideNext(waiting, { ...KNOWN, cancelled: true, stopped: true }, BEGINNING).kind, "cancelled");
  });

  it("fails what somebody has stopped in Ray, and cancels what the server has", () => {
    assert.equal(decideNext({ state: "stopped" }, KNOWN, BEGINNING).kind, "failed");
    assert.equal(decideNext({ state: "stopped" }, { ...KNOWN, cancelled: true }, BEGINNING).kind, "cancelled");
  });
});

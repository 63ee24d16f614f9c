import assert from "node:assert/strict";
import { nextAction, type Observation } from "../../../../server/src/trainers/program/nextAction";
import { NO_PROGRESS, type ProgramProgress } from "../../../../server/src/trainers/program/progress/programProgress";

const ATTEMPT = { attempt: 2, pid: 99, identity: "boot 1", furthestStep: 4, idle: 1 };
const SUCCEEDED: ProgramProgress["result"] = {
  type: "result",
  time: 0,
  status: "succeeded",
  artifact: "artifact",
  step: 9,
  trained_tokens: 9,
  stop_reason: "steps",
};

function decide(observation: Partial<Observation> = {}, programProgress: Partial<ProgramProgress> = {}) {
  const nothing = { alive: false, attempt: ATTEMPT, exit: undefined, hasArtifact: false, cancelled: false };
  return nextAction({ ...nothing, ...observation }, { ...NO_PROGRESS, furthestStep: 4, ...programProgress });
}

describe("server: the next action for a run", () => {
  it("waits while a runner is alive, regardless of other files", () => {
    const exit = { attempt: 2, code: 1, signal: null };
    assert.deepEqual(decide({ alive: true, exit, cancelled: true }, { result: SUCCEEDED }), { kind: "wait" });
  });

  it("launches a run that has no attempt", () => {
    assert.deepEqual(decide({ attempt: undefined }, { furthestStep: 0 }), {
      kind: "launch",
      attempt: 1,
      furthestStep: 0,
      idle: 0,
    });
  });

  it("relaunches a dead attempt, and counts the launches without a new step", () => {
    assert.deepEqual(decide(), { kind: "launch", attempt: 3, furthestStep: 4, idle: 2 });
    assert.deepEqual(decide({}, { furthestStep: 5 }), { kind: "launch", attempt: 3, furthestStep: 5, idle: 1 });
    const last = { ...ATTEMPT, idle: 3 };
    assert.equal(decide({ attempt: last }).kind, "failed");
    assert.equal(decide({ attempt: last }, { furthestStep: 5 }).kind, "launch");
  });

  it("distinguishes a kill from an exit, and ignores the exit of an earlier attempt", () => {
    for (const [code, signal, kind] of [
      [0, null, "failed"],
      [1, null, "failed"],
      [137, null, "launch"],
      [143, null, "launch"],
      [139, null, "failed"],
      [null, "SIGKILL", "launch"],
      [null, "SIGSEGV", "launch"],
    ] as const) {
      assert.equal(decide({ exit: { attempt: 2, code, signal } }).kind, kind, `${code} ${signal}`);
    }
    assert.equal(decide({ exit: { attempt: 1, code: 1, signal: null } }).kind, "launch");
  });

  it("accepts a result with an artifact, regardless of the exit code", () => {
    const crashed = { attempt: 2, code: 139, signal: null };
    for (const exit of [undefined, crashed, { attempt: 2, code: null, signal: "SIGKILL" }]) {
      assert.deepEqual(decide({ exit, hasArtifact: true }, { result: SUCCEEDED }), {
        kind: "succeeded",
        stopReason: "completed",
      });
    }
    assert.equal(decide({ exit: crashed }, { result: SUCCEEDED }).kind, "failed");
    assert.equal(decide({}, { result: SUCCEEDED }).kind, "launch");
    assert.equal(decide({ hasArtifact: true }).kind, "launch");
  });

  it("cancels a run whose cancellation was requested, even after a success", () => {
    assert.deepEqual(decide({ cancelled: true, hasArtifact: true }, { result: SUCCEEDED }), { kind: "cancelled" });
    assert.deepEqual(decide({ cancelled: true, attempt: undefined }), { kind: "cancelled" });
  });
});

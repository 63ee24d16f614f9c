import assert from "node:assert/strict";
import { nextAction, type Observation } from "../../../../server/src/trainers/program/nextAction";
import { NO_PROGRESS, type ProgramProgress } from "../../../../server/src/trainers/program/programProgress";

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

function decided(seen: Partial<Observation> = {}, programProgress: Partial<ProgramProgress> = {}) {
  const nothing = { alive: false, attempt: ATTEMPT, exit: undefined, artifact: false, cancelled: false };
  return nextAction({ ...nothing, ...seen }, { ...NO_PROGRESS, furthestStep: 4, ...programProgress });
}

describe("server: what follows from a job's folder", () => {
  it("waits while a runner is alive, whatever else there is", () => {
    const exit = { attempt: 2, code: 1, signal: null };
    assert.deepEqual(decided({ alive: true, exit, cancelled: true }, { result: SUCCEEDED }), { kind: "wait" });
  });

  it("launches what never was", () => {
    assert.deepEqual(decided({ attempt: undefined }, { furthestStep: 0 }), {
      kind: "launch",
      attempt: 1,
      furthestStep: 0,
      idle: 0,
    });
  });

  it("launches again what is gone, and counts the launches since there was a new step", () => {
    assert.deepEqual(decided(), { kind: "launch", attempt: 3, furthestStep: 4, idle: 2 });
    assert.deepEqual(decided({}, { furthestStep: 5 }), { kind: "launch", attempt: 3, furthestStep: 5, idle: 1 });
    const last = { ...ATTEMPT, idle: 3 };
    assert.equal(decided({ attempt: last }).kind, "failed");
    assert.equal(decided({ attempt: last }, { furthestStep: 5 }).kind, "launch");
  });

  it("tells a kill from an end, and does not believe an earlier attempt's exit", () => {
    for (const [code, signal, kind] of [
      [0, null, "failed"],
      [1, null, "failed"],
      [137, null, "launch"],
      [143, null, "launch"],
      [139, null, "failed"],
      [null, "SIGKILL", "launch"],
      [null, "SIGSEGV", "launch"],
    ] as const) {
      assert.equal(decided({ exit: { attempt: 2, code, signal } }).kind, kind, `${code} ${signal}`);
    }
    assert.equal(decided({ exit: { attempt: 1, code: 1, signal: null } }).kind, "launch");
  });

  it("believes a result with an artifact, however the program ended after it", () => {
    const crashed = { attempt: 2, code: 139, signal: null };
    for (const exit of [undefined, crashed, { attempt: 2, code: null, signal: "SIGKILL" }]) {
      assert.deepEqual(decided({ exit, artifact: true }, { result: SUCCEEDED }), {
        kind: "succeeded",
        stopReason: "completed",
      });
    }
    assert.equal(decided({ exit: crashed }, { result: SUCCEEDED }).kind, "failed");
    assert.equal(decided({}, { result: SUCCEEDED }).kind, "launch");
    assert.equal(decided({ artifact: true }).kind, "launch");
  });

  it("ends what is cancelled, a success too", () => {
    assert.deepEqual(decided({ cancelled: true, artifact: true }, { result: SUCCEEDED }), { kind: "cancelled" });
    assert.deepEqual(decided({ cancelled: true, attempt: undefined }), { kind: "cancelled" });
  });
});

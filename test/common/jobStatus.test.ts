import assert from "node:assert/strict";
import {
  awaitsStart,
  cannotSucceed,
  hasFailed,
  hasSucceeded,
  isTerminal,
  isTraining,
  isUnstarted,
  JobStatus,
} from "../../common/src";
import { canBecome, JobStatus as ServerStatus } from "../../server/src/domain/status";

const ALL = Object.values(JobStatus);

describe("statuses of a job", () => {
  it("are unstarted, in training, being cancelled, failed or succeeded, and only one of these", () => {
    for (const status of ALL) {
      const groups = [isUnstarted, isTraining, hasFailed, hasSucceeded].filter((group) => group(status)).length;
      assert.equal(groups, status === JobStatus.CancellationRequested ? 0 : 1, status);
    }
  });

  it("are terminal if and only if the server allows no transition from them", () => {
    for (const status of ServerStatus.options) {
      const next = ServerStatus.options.filter((other) => canBecome(status, other));
      assert.equal(isTerminal(status), next.length === 0, status);
    }
  });

  it("count as lost when they failed or are being cancelled", () => {
    assert.deepEqual(ALL.filter(cannotSucceed), ["FAILED_VALIDATION", "FAILED", "CANCELLED", "CANCELLATION_REQUESTED"]);
  });

  it("await a start only when the data is validated", () => {
    assert.deepEqual(ALL.filter(awaitsStart), ["VALIDATED"]);
  });

  it("are not terminal when unknown", () => {
    assert.equal(isTerminal("PAUSED"), false);
  });
});

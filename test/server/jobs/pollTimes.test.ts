import assert from "node:assert/strict";
import type { Progress } from "../../../server/src/domain/trainer";
import { nextPoll } from "../../../server/src/jobs/pollTimes";

const NOW = 1_000_000;
const progress: Progress = { state: "running", step: 1, checkpoints: [] };
const delay = (times: Partial<Progress>, jobs: number) => nextPoll({ ...progress, ...times }, NOW, jobs).at - NOW;

describe("server: the time of the next poll", () => {
  it("is a tick later with few jobs, and later with many: at most 200 polls per second", () => {
    assert.deepEqual([delay({}, 1), delay({}, 20), delay({}, 300)], [100, 100, 1500]);
  });

  it("is not later than the next change of the state, and not before anything can change", () => {
    const stateChangesAt = NOW + 5000;
    assert.equal(delay({ stateChangesAt }, 2000), 5000);
    assert.equal(delay({ stateChangesAt, progressChangesAt: NOW + 2000 }, 1), 2000);
    assert.equal(delay({ stateChangesAt, progressChangesAt: NOW + 40 }, 300), 1500);
    assert.equal(delay({ stateChangesAt: NOW - 1 }, 300), 0);
  });

  it("is half a minute later for a job that waits for a notification", () => {
    const never = { stateChangesAt: Number.POSITIVE_INFINITY, progressChangesAt: Number.POSITIVE_INFINITY };
    assert.deepEqual(nextPoll({ ...progress, ...never }, NOW, 1), { at: NOW + 30_000, parked: true });
  });
});

import assert from "node:assert/strict";
import type { Job } from "../../../../provider/src/client";
import { PollInterval } from "../../../../provider/src/lifecycle/job/pollInterval";
import type { Clock } from "../../../../provider/src/lifecycle/runtime/clock";

/** A clock that only advances when a test sets it. */
class StoppedClock implements Clock {
  seconds = 0;
  now = () => this.seconds * 1000;
  async sleep(): Promise<void> {}
}

const job = (status: string, metadata: Job["metadata"] = {}): Job => ({ id: "job", model: "m", status, metadata });

describe("the poll interval", () => {
  let clock: StoppedClock;
  let pace: PollInterval;
  const near = (expected: number) => {
    const seconds = pace.nextMs() / 1000;
    assert.ok(seconds > expected * 0.94 && seconds <= expected, `${seconds} s, expected about ${expected} s`);
  };

  beforeEach(() => {
    clock = new StoppedClock();
    pace = new PollInterval(clock);
  });

  it("is quick at first and after each change, and slows down to 30 seconds", () => {
    pace.observe(job("QUEUED"));
    near(0.25);
    for (const [after, expected] of [
      [1, 1],
      [8, 8],
      [29, 29],
      [3600, 30],
    ] as const) {
      clock.seconds = after;
      pace.observe(job("QUEUED"));
      near(expected);
    }
    pace.observe(job("RUNNING"));
    near(0.25);
  });

  it("never exceeds pollInterval", () => {
    pace = new PollInterval(clock, 5);
    pace.observe(job("RUNNING"));
    clock.seconds = 3600;
    near(5);
  });

  it("ends at the expected end of the training, and is short around it", () => {
    pace.observe(job("RUNNING"));
    clock.seconds = 3600;
    pace.observe(job("RUNNING", { estimated_remaining_seconds: 12 }));
    near(12);
    clock.seconds += 12;
    near(0.25);
    clock.seconds += 4;
    near(4);
  });

  it("uses the expected duration when the server does not report the remaining time", () => {
    pace.observe(job("RUNNING", { expected_duration_seconds: 600 }));
    clock.seconds = 590;
    pace.observe(job("RUNNING", { expected_duration_seconds: 600 }));
    near(10);
  });

  it("grows again when no time remains but the training continues", () => {
    pace.observe(job("RUNNING"));
    clock.seconds = 3600;
    for (const [seconds, expected] of [
      [0, 0.25],
      [4, 4],
      [60, 30],
    ] as const) {
      clock.seconds = 3600 + seconds;
      pace.observe(job("RUNNING", { estimated_remaining_seconds: 0 }));
      near(expected);
    }
  });

  it("ignores the expected end of a job that is not training", () => {
    pace.observe(job("QUEUED", { expected_duration_seconds: 600 }));
    clock.seconds = 599;
    near(30);
  });
});

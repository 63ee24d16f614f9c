import assert from "node:assert/strict";
import type { Job } from "../../../../provider/src/client";
import { PollInterval } from "../../../../provider/src/lifecycle/job/pollInterval";
import type { Clock } from "../../../../provider/src/lifecycle/runtime/clock";

/** A clock that only moves when it is told to. */
class StoppedClock implements Clock {
  seconds = 0;
  now = () => this.seconds * 1000;
  async sleep(): Promise<void> {}
}

const job = (status: string, metadata: Job["metadata"] = {}): Job => ({ id: "job", model: "m", status, metadata });

describe("the pace of a wait", () => {
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

  it("never waits longer than it is told to", () => {
    pace = new PollInterval(clock, 5);
    pace.observe(job("RUNNING"));
    clock.seconds = 3600;
    near(5);
  });

  it("looks when the training is expected to end, and often around that moment", () => {
    pace.observe(job("RUNNING"));
    clock.seconds = 3600;
    pace.observe(job("RUNNING", { estimated_remaining_seconds: 12 }));
    near(12);
    clock.seconds += 12;
    near(0.25);
    clock.seconds += 4;
    near(4);
  });

  it("takes the expected duration where the server does not say what remains", () => {
    pace.observe(job("RUNNING", { expected_duration_seconds: 600 }));
    clock.seconds = 590;
    pace.observe(job("RUNNING", { expected_duration_seconds: 600 }));
    near(10);
  });

  it("slows down again when nothing remains and the training goes on all the same", () => {
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

  it("expects no end of a job that does not train", () => {
    pace.observe(job("QUEUED", { expected_duration_seconds: 600 }));
    clock.seconds = 599;
    near(30);
  });
});

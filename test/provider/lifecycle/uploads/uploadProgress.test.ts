import assert from "node:assert/strict";
import { uploadProgress } from "../../../../provider/src/lifecycle/uploads/uploadProgress";

describe("the progress of an upload", () => {
  let now: number;
  let lines: string[];
  beforeEach(() => {
    now = 1000;
    lines = [];
  });
  const begin = (file: string) => {
    const clock = { now: () => now, sleep: () => Promise.reject(new Error("it never sleeps")) };
    const report = uploadProgress(file, clock, (line) => lines.push(line));
    return (seconds: number, megabytes: number, total = 512) => {
      now = 1000 + seconds * 1000;
      report(megabytes * 1e6, total * 1e6);
    };
  };

  it("logs the progress, the rate and the remaining time, after three seconds and then once per second", () => {
    const at = begin("train.jsonl");
    for (const [seconds, megabytes] of [
      [0, 0],
      [2.9, 130],
      [3, 135],
      [3.9, 175],
      [4, 180],
    ] as const) {
      at(seconds, megabytes);
    }
    assert.deepEqual(lines, [
      "uploading train.jsonl: 135 of 512 MB, 45 MB/s, about 9 s left",
      "uploading train.jsonl: 180 of 512 MB, 45 MB/s, about 8 s left",
    ]);
  });

  it("formats slow rates in tenths and long times in minutes", () => {
    const at = begin("train.jsonl");
    at(0, 0);
    at(10, 2);
    assert.deepEqual(lines, ["uploading train.jsonl: 2.0 of 512 MB, 0.20 MB/s, about 43 min left"]);
  });

  it("logs nothing at the end, and nothing for a short upload", () => {
    const at = begin("train.jsonl");
    at(0, 1);
    at(2, 500);
    at(60, 512);
    assert.deepEqual(lines, []);
  });

  it("measures from the first chunk, because an upload waits in the queue", () => {
    const at = begin("train.jsonl");
    at(600, 2);
    at(602, 102);
    assert.deepEqual(lines, []);
    at(604, 202);
    assert.deepEqual(lines, ["uploading train.jsonl: 202 of 512 MB, 50 MB/s, about 7 s left"]);
  });
});

import type { UploadProgress } from "../../client";
import { durationText } from "../job/progressLine";
import type { Clock } from "../runtime/clock";

/** A shorter upload logs nothing. */
const QUIET_MS = 3_000;
/** Minimum time between two lines. */
const PAUSE_MS = 1_000;

/**
 * Returns a callback that logs the progress of a long upload: `uploading train.jsonl: 120 of 512 MB, 45 MB/s, about 9 s left`. Time
 * counts from the first chunk, because before it the upload waits in the queue.
 */
export function uploadProgress(file: string, clock: Clock, log: (line: string) => void): UploadProgress {
  let started: { at: number; sent: number } | undefined;
  let quietUntil = 0;
  return (sent, total) => {
    const now = clock.now();
    if (started === undefined) {
      started = { at: now, sent };
      quietUntil = now + QUIET_MS;
    }
    if (now < quietUntil || sent === total) return;
    quietUntil = now + PAUSE_MS;
    const perSecond = (sent - started.sent) / ((now - started.at) / 1000);
    const left = durationText((total - sent) / perSecond);
    log(
      `uploading ${file}: ${megabytes(sent)} of ${megabytes(total)} MB, ${megabytes(perSecond)} MB/s, about ${left} left`,
    );
  };
}

function megabytes(bytes: number): string {
  const value = bytes / 1_000_000;
  return value < 10 ? value.toPrecision(2) : value.toFixed(0);
}

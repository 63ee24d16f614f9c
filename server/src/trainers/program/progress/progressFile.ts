import { StringDecoder } from "node:string_decoder";
import type { MetricPoint } from "../../../domain/metricPoint";
import { openToRead } from "../programFile";
import { showableEvent } from "../showableEvent";
import { toPoint } from "./metricPoints";
import { PendingPoints } from "./pendingPoints";
import { applyRecord, NO_PROGRESS, type ProgramProgress } from "./programProgress";
import { type ProgressRecord, parseRecord } from "./progressRecords";

/** Other requests wait while a chunk is processed: hundreds of short lines, which take some milliseconds. */
const CHUNK_BYTES = 32 * 1024;

/** Skip longer lines, so that a program cannot exhaust the memory. In characters. */
const MAX_LINE = 64 * 1024;

/**
 * Reads `progress.jsonl` while it grows. Each `read` continues at the position where the previous `read` stopped. A
 * last line without a newline is incomplete and is processed by a later `read`.
 */
export class ProgressFile {
  private readonly path: string;
  private position = 0;
  private decoder = new StringDecoder("utf8");
  private rest = "";
  private skipping = false;
  private programProgress: ProgramProgress = NO_PROGRESS;
  private readonly points: PendingPoints;

  /**
   * @param secrets of the job, which are redacted in events
   * @param storedPoint the ID of the newest stored point; `pointsAfter` omits points up to it
   */
  constructor(
    path: string,
    private readonly secrets: readonly string[] = [],
    storedPoint = 0,
  ) {
    this.path = path;
    this.points = new PendingPoints(storedPoint);
  }

  /** Reads the new lines. @returns the progress so far; `NO_PROGRESS` when the file does not exist yet */
  async read(): Promise<ProgramProgress> {
    const file = await openToRead(this.path);
    if (file === undefined) {
      return this.programProgress;
    }
    try {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.position);
        if (bytesRead === 0) {
          return this.programProgress;
        }
        this.position += bytesRead;
        this.process(this.decoder.write(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  }

  /** Returns the points that were read and are not stored yet, oldest first. @param stored the ID of the newest stored point */
  pointsAfter(stored: number): readonly MetricPoint[] {
    return this.points.after(stored);
  }

  private process(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() as string;
    for (const line of lines) {
      if (!this.skipping && line.trim() !== "") {
        this.apply(line.length > MAX_LINE ? undefined : this.showable(parseRecord(line)));
      }
      this.skipping = false;
    }
    if (this.rest.length > MAX_LINE) {
      if (!this.skipping) {
        this.apply(undefined);
      }
      this.skipping = true;
      this.rest = "";
    }
  }

  private apply(record: ProgressRecord | null | undefined): void {
    const { step: before, attempts } = this.programProgress;
    this.programProgress = applyRecord(this.programProgress, record);
    if (record === undefined || record === null) return;
    const { lines: id } = this.programProgress;
    const point = toPoint(record, id);
    if (point !== undefined) this.points.add(point);
    if (record.type === "start" && attempts > 0 && record.step < before) {
      const createdAt = Math.round(record.time * 1000);
      this.points.add({ id, type: "resumed", step: record.step, metrics: {}, createdAt });
    }
  }

  /** Prepares an event for the API, which shows it to users. */
  private showable(record: ProgressRecord | null | undefined): ProgressRecord | null | undefined {
    return record?.type === "event" ? { ...record, ...showableEvent(record, this.secrets) } : record;
  }
}

import { formatCount, MEBIBYTE } from "#common";
import type { Evaluations } from "../../../domain/evaluation";
import type { Checkpoint, ProgramEvent, Progress } from "../../../domain/trainer";
import { omitUndefined } from "../../../omitUndefined";
import type { ProgressRecord } from "./progressRecords";

/** The progress of a training program: all lines of `progress.jsonl` so far, reduced to one value. */
export interface ProgramProgress {
  /** The number of non-empty lines that were read, including invalid lines. */
  lines: number;
  /** The number of lines that are not valid JSON. */
  invalidLines: number;
  /** The number of `start` lines. */
  attempts: number;
  step: number;
  /** The highest step of all attempts. */
  furthestStep: number;
  totalSteps?: number;
  epochs?: number;
  tokensPerStep?: number;
  dataTokens?: number;
  trainedTokens?: number;
  trainLoss?: number;
  remainingSeconds?: number;
  /** Sorted by step, one for each step. */
  checkpoints: Checkpoint[];
  /** The latest measurement of each stage. */
  evaluations: Evaluations;
  /** Oldest first. */
  events: ProgramEvent[];
  /** The size of the events as JSON, in bytes. */
  eventBytes: number;
  /** Whether later events are dropped. */
  dropsEvents: boolean;
  /** The checkpoint of the artifact, if the program reports it. */
  keptStep?: number;
  /** The result that the latest attempt reported. */
  result?: Extract<ProgressRecord, { type: "result" }>;
}

export const NO_PROGRESS: Readonly<ProgramProgress> = {
  lines: 0,
  invalidLines: 0,
  attempts: 0,
  step: 0,
  furthestStep: 0,
  checkpoints: [],
  evaluations: {},
  events: [],
  eventBytes: 0,
  dropsEvents: false,
};

/** Limits per job, so that a program that never stops writing does not exhaust the memory. */
const MAX_EVENTS = 1000;
const MAX_CHECKPOINTS = 1000;

/** A reply contains all events of a job. The client reads at most 32 MiB. */
const MAX_EVENT_BYTES = 8 * MEBIBYTE;

/** Returns the progress after one more line. @param record the result of `parseRecord` */
export function applyRecord(before: ProgramProgress, record: ProgressRecord | null | undefined): ProgramProgress {
  const programProgress = { ...before, lines: before.lines + 1 };
  if (record === undefined) {
    const data = {
      line: programProgress.lines,
      message: "This line of progress.jsonl is not valid JSON. The server ignores it and other invalid lines",
    };
    return {
      ...(before.invalidLines === 0
        ? addEvent(programProgress, { name: "unreadable-progress", data, createdAt: Date.now() })
        : programProgress),
      invalidLines: before.invalidLines + 1,
    };
  }
  switch (record?.type) {
    case "start":
      return applyStart(programProgress, record);
    case "event":
      return addEvent(programProgress, {
        name: record.name,
        data: record.data,
        createdAt: toMilliseconds(record.time),
      });
    case "step":
      return {
        ...programProgress,
        ...advanceTo(programProgress, record.step),
        ...omitUndefined({
          trainLoss: record.loss,
          trainedTokens: record.tokens,
          remainingSeconds: record.remaining_seconds,
        }),
      };
    case "checkpoint": {
      const { train_loss, ...validation } = record.metrics;
      const metrics = { train_loss, ...omitUndefined(validation) };
      const checkpoint = { step: record.step, metrics, createdAt: toMilliseconds(record.time) };
      const { checkpoints } = programProgress;
      const added =
        record.step > (checkpoints.at(-1)?.step ?? -1)
          ? [...checkpoints, checkpoint]
          : [...checkpoints.filter(({ step }) => step !== record.step), checkpoint].sort(
              (one, other) => one.step - other.step,
            );
      return { ...programProgress, checkpoints: added.slice(-MAX_CHECKPOINTS) };
    }
    case "evaluation": {
      const { stage, step, metrics: figures } = record;
      return { ...programProgress, evaluations: { ...programProgress.evaluations, [stage]: { step, figures } } };
    }
    case "result":
      return record.status === "failed"
        ? { ...programProgress, result: record }
        : {
            ...programProgress,
            ...advanceTo(programProgress, record.step),
            ...omitUndefined({ trainedTokens: record.trained_tokens, keptStep: record.kept_step }),
            result: record,
          };
    default:
      return programProgress;
  }
}

/** An attempt resumes at the step of its checkpoint. The steps after the checkpoint are trained again. */
function applyStart(before: ProgramProgress, record: Extract<ProgressRecord, { type: "start" }>): ProgramProgress {
  const {
    result: _,
    trainLoss,
    trainedTokens,
    remainingSeconds,
    keptStep: _kept,
    ...programProgress
  } = withResumedEvent(before, record);
  return {
    ...programProgress,
    ...(record.step > 0 && omitUndefined({ trainLoss, trainedTokens })),
    attempts: programProgress.attempts + 1,
    step: record.step,
    checkpoints: programProgress.checkpoints.filter((each) => each.step <= record.step),
    // The base model does not change. The result of an earlier attempt is trained and measured again.
    evaluations: pickBase(programProgress.evaluations),
    totalSteps: record.total_steps,
    ...omitUndefined({ epochs: record.epochs, tokensPerStep: record.tokens_per_step, dataTokens: record.data_tokens }),
  };
}

function pickBase({ base }: Evaluations): Evaluations {
  return base === undefined ? {} : { base };
}

function withResumedEvent(
  programProgress: ProgramProgress,
  { step, time }: Extract<ProgressRecord, { type: "start" }>,
): ProgramProgress {
  const data = { attempt: programProgress.attempts + 1, step };
  return programProgress.attempts === 0
    ? programProgress
    : addEvent(programProgress, { name: "resumed", data, createdAt: toMilliseconds(time) });
}

const EVENTS_DROPPED = {
  name: "events-dropped",
  data: {
    reason: `The training program has written ${formatCount(MAX_EVENTS)} events or ${MAX_EVENT_BYTES / MEBIBYTE} MiB of them. The server drops its later events`,
  },
};

/** Keeps the first events. They say how the training began, and clients have read them. */
function addEvent(programProgress: ProgramProgress, event: Omit<ProgramEvent, "line">): ProgramProgress {
  if (programProgress.dropsEvents) return programProgress;
  const { events, lines: line } = programProgress;
  const eventBytes = programProgress.eventBytes + Buffer.byteLength(JSON.stringify(event));
  const dropsEvents = events.length >= MAX_EVENTS || eventBytes > MAX_EVENT_BYTES;
  const added = dropsEvents ? { ...EVENTS_DROPPED, createdAt: event.createdAt } : event;
  return { ...programProgress, events: [...events, { ...added, line }], eventBytes, dropsEvents };
}

function advanceTo(programProgress: ProgramProgress, step: number): Pick<ProgramProgress, "step" | "furthestStep"> {
  return { step, furthestStep: Math.max(programProgress.furthestStep, step) };
}

function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

/** Converts to the progress of an unfinished run. The trainer decides whether and how the run has ended. */
export function toProgress(programProgress: ProgramProgress): Progress {
  const { step, checkpoints, evaluations, events, trainLoss, remainingSeconds, trainedTokens, keptStep } =
    programProgress;
  const { totalSteps, epochs, tokensPerStep, dataTokens } = programProgress;
  return {
    state: programProgress.attempts === 0 ? "starting" : "running",
    step,
    checkpoints,
    evaluations,
    events,
    ...omitUndefined({ trainLoss, remainingSeconds, trainedTokens, keptStep }),
    actual: omitUndefined({ totalSteps, epochs, tokensPerStep, dataTokens }),
  };
}

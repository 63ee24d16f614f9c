import type { Checkpoint, ProgramEvent, Progress } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import type { ProgressRecord } from "./progressRecords";

/** What a training program has told so far: every line of `progress.jsonl` up to here, folded into one value. */
export interface ProgramProgress {
  /** Lines that were read, good or bad: where an event stands, and a sign of life. */
  lines: number;
  /** Lines that were no JSON. */
  invalidLines: number;
  /** `start` lines. */
  attempts: number;
  step: number;
  /** The furthest step of all attempts. */
  furthestStep: number;
  totalSteps?: number;
  epochs?: number;
  tokensPerStep?: number;
  dataTokens?: number;
  trainedTokens?: number;
  trainLoss?: number;
  remainingSeconds?: number;
  /** Oldest first, one for each step. */
  checkpoints: Checkpoint[];
  /** Oldest first. */
  events: ProgramEvent[];
  /** How the last attempt ended, by its own account. */
  result?: Extract<ProgressRecord, { type: "result" }>;
}

export const NO_PROGRESS: Readonly<ProgramProgress> = {
  lines: 0,
  invalidLines: 0,
  attempts: 0,
  step: 0,
  furthestStep: 0,
  checkpoints: [],
  events: [],
};

/** More than this are not kept of one job: a program that writes without end must not fill the memory. */
const MAX_EVENTS = 1000;
const MAX_CHECKPOINTS = 1000;

/** Adds a line to the story. @param record see `parseRecord` */
export function applyRecord(before: ProgramProgress, record: ProgressRecord | null | undefined): ProgramProgress {
  const programProgress = { ...before, lines: before.lines + 1 };
  if (record === undefined) {
    const data = {
      line: programProgress.lines,
      message: "This line of progress.jsonl is not JSON; it and others like it are ignored",
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
      const others = programProgress.checkpoints.filter((each) => each.step !== record.step);
      const checkpoints = [...others, checkpoint].sort((one, other) => one.step - other.step);
      return { ...programProgress, checkpoints: checkpoints.slice(-MAX_CHECKPOINTS) };
    }
    case "result":
      return record.status === "failed"
        ? { ...programProgress, result: record }
        : {
            ...programProgress,
            ...advanceTo(programProgress, record.step),
            ...omitUndefined({ trainedTokens: record.trained_tokens }),
            result: record,
          };
    default:
      return programProgress;
  }
}

/** An attempt goes back to the step of its checkpoint; what came after it is trained again. */
function applyStart(before: ProgramProgress, record: Extract<ProgressRecord, { type: "start" }>): ProgramProgress {
  const {
    result: _,
    trainLoss,
    trainedTokens,
    remainingSeconds,
    ...programProgress
  } = withResumedEvent(before, record);
  return {
    ...programProgress,
    ...(record.step > 0 && omitUndefined({ trainLoss, trainedTokens })),
    attempts: programProgress.attempts + 1,
    step: record.step,
    checkpoints: programProgress.checkpoints.filter((each) => each.step <= record.step),
    totalSteps: record.total_steps,
    ...omitUndefined({ epochs: record.epochs, tokensPerStep: record.tokens_per_step, dataTokens: record.data_tokens }),
  };
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

function addEvent(programProgress: ProgramProgress, event: Omit<ProgramEvent, "line">): ProgramProgress {
  return programProgress.events.length < MAX_EVENTS
    ? { ...programProgress, events: [...programProgress.events, { ...event, line: programProgress.lines }] }
    : programProgress;
}

function advanceTo(programProgress: ProgramProgress, step: number): Pick<ProgramProgress, "step" | "furthestStep"> {
  return { step, furthestStep: Math.max(programProgress.furthestStep, step) };
}

function toMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

/** How far a training is by what its program has told. Whether it has ended, and how, is the trainer's to say. */
export function toProgress(programProgress: ProgramProgress): Progress {
  const { step, checkpoints, events, trainLoss, remainingSeconds, trainedTokens } = programProgress;
  const { totalSteps, epochs, tokensPerStep, dataTokens } = programProgress;
  return {
    state: programProgress.attempts === 0 ? "starting" : "running",
    step,
    checkpoints,
    events,
    ...omitUndefined({ trainLoss, remainingSeconds, trainedTokens }),
    actual: omitUndefined({ totalSteps, epochs, tokensPerStep, dataTokens }),
  };
}

import type { Checkpoint, ProgramEvent } from "../../domain/trainer";
import { given } from "../../omitUndefined";
import type { ProgressRecord } from "./progressRecords";

/** What a training program has told so far: every line of `progress.jsonl` up to here, folded into one value. */
export interface Story {
  /** Lines that were read, good or bad: where an event stands, and a sign of life. */
  lines: number;
  /** Lines that were no JSON. */
  garbage: number;
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

export const BEGINNING: Readonly<Story> = {
  lines: 0,
  garbage: 0,
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
export function tell(before: Story, record: ProgressRecord | null | undefined): Story {
  const story = { ...before, lines: before.lines + 1 };
  if (record === undefined) {
    const data = {
      line: story.lines,
      message: "This line of progress.jsonl is not JSON; it and others like it are ignored",
    };
    return {
      ...(before.garbage === 0 ? addEvent(story, { name: "unreadable-progress", data, createdAt: Date.now() }) : story),
      garbage: before.garbage + 1,
    };
  }
  switch (record?.type) {
    case "start":
      return begin(story, record);
    case "event":
      return addEvent(story, { name: record.name, data: record.data, createdAt: milliseconds(record.time) });
    case "step":
      return {
        ...story,
        ...reach(story, record.step),
        ...given({ trainLoss: record.loss, trainedTokens: record.tokens, remainingSeconds: record.remaining_seconds }),
      };
    case "checkpoint": {
      const { train_loss, ...validation } = record.metrics;
      const metrics = { train_loss, ...given(validation) };
      const checkpoint = { step: record.step, metrics, createdAt: milliseconds(record.time) };
      const others = story.checkpoints.filter((each) => each.step !== record.step);
      const checkpoints = [...others, checkpoint].sort((one, other) => one.step - other.step);
      return { ...story, checkpoints: checkpoints.slice(-MAX_CHECKPOINTS) };
    }
    case "result":
      return record.status === "failed"
        ? { ...story, result: record }
        : {
            ...story,
            ...reach(story, record.step),
            ...given({ trainedTokens: record.trained_tokens }),
            result: record,
          };
    default:
      return story;
  }
}

/** An attempt goes back to the step of its checkpoint; what came after it is trained again. */
function begin(before: Story, record: Extract<ProgressRecord, { type: "start" }>): Story {
  const { result: _, trainLoss, trainedTokens, remainingSeconds, ...story } = resumed(before, record);
  return {
    ...story,
    ...(record.step > 0 && given({ trainLoss, trainedTokens })),
    attempts: story.attempts + 1,
    step: record.step,
    checkpoints: story.checkpoints.filter((each) => each.step <= record.step),
    totalSteps: record.total_steps,
    ...given({ epochs: record.epochs, tokensPerStep: record.tokens_per_step, dataTokens: record.data_tokens }),
  };
}

function resumed(story: Story, { step, time }: Extract<ProgressRecord, { type: "start" }>): Story {
  const data = { attempt: story.attempts + 1, step };
  return story.attempts === 0 ? story : addEvent(story, { name: "resumed", data, createdAt: milliseconds(time) });
}

function addEvent(story: Story, event: Omit<ProgramEvent, "line">): Story {
  return story.events.length < MAX_EVENTS
    ? { ...story, events: [...story.events, { ...event, line: story.lines }] }
    : story;
}

function reach(story: Story, step: number): Pick<Story, "step" | "furthestStep"> {
  return { step, furthestStep: Math.max(story.furthestStep, step) };
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}

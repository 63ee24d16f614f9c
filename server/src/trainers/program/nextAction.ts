import { constants } from "node:os";
import { type AttemptFields, FIRST_ATTEMPT } from "./attempt";
import type { Exit } from "./exitFile";
import type { ProgramProgress } from "./progress/programProgress";

/** Maximum number of consecutive relaunches of a killed program without a new step. */
const MAX_RELAUNCHES = 3;

/** The state of a run, as observed from its folder and its processes. */
export interface Observation {
  /** A runner is running or starting. */
  alive: boolean;
  attempt: AttemptFields | undefined;
  exit: Exit | undefined;
  /** The artifact folder exists. */
  hasArtifact: boolean;
  cancelled: boolean;
}

export type Action =
  | { kind: "wait" }
  | ({ kind: "launch" } & AttemptFields)
  | { kind: "cancelled" }
  | { kind: "succeeded"; stopReason: string }
  /** `includeLog`: append the end of the log, which explains more than an exit code. */
  | { kind: "failed"; reason: string; includeLog: boolean };

/** Decides what to do next with a run. A pure function, so that a restarted server makes the same decision. */
export function nextAction(
  { alive, attempt, exit, hasArtifact, cancelled }: Observation,
  programProgress: ProgramProgress,
): Action {
  if (alive) {
    return { kind: "wait" };
  }
  if (cancelled) {
    return { kind: "cancelled" };
  }
  if (attempt === undefined) {
    return { kind: "launch", ...FIRST_ATTEMPT };
  }
  const { result } = programProgress;
  if (result?.status === "failed") {
    return { kind: "failed", reason: result.reason, includeLog: false };
  }
  if (result?.status === "succeeded" && hasArtifact) {
    // Ignore the exit code: a library that crashes while it unloads does not invalidate the result.
    return { kind: "succeeded", stopReason: result.stop_reason === "steps" ? "completed" : result.stop_reason };
  }
  const ended = exit?.attempt === attempt.attempt ? exit : undefined;
  const signal = ended && signalOf(ended);
  if (ended !== undefined && signal === undefined) {
    return { kind: "failed", ...exitReason(ended, programProgress) };
  }
  const idle = programProgress.furthestStep > attempt.furthestStep ? 1 : attempt.idle + 1;
  if (idle > MAX_RELAUNCHES) {
    return { kind: "failed", reason: killReason(ended?.hung ?? false, signal, idle), includeLog: true };
  }
  return { kind: "launch", attempt: attempt.attempt + 1, furthestStep: programProgress.furthestStep, idle };
}

/** Returns the signal that killed a program. A shell reports the signal of its child as exit code 128 + signal. */
function signalOf({ code, signal }: Exit): string | undefined {
  if (signal !== null) {
    return signal;
  }
  const names = ["SIGHUP", "SIGINT", "SIGKILL", "SIGTERM"] as const;
  return names.find((name) => code === 128 + constants.signals[name]);
}

function exitReason({ code }: Exit, { result }: ProgramProgress): { reason: string; includeLog: boolean } {
  if (result !== undefined) {
    return { reason: "The training program reported success, but the artifact is missing", includeLog: true };
  }
  return code === 0
    ? { reason: "The training program exited without writing a result", includeLog: true }
    : { reason: `The training program failed with exit code ${code}`, includeLog: true };
}

function killReason(hung: boolean, signal: string | undefined, attempts: number): string {
  const repeated = `${attempts} times in a row without a new step`;
  if (hung) {
    return `The training program hung ${repeated}: it wrote no progress within the hang timeout`;
  }
  if (signal === "SIGKILL") {
    return `The training program was killed ${repeated}, most likely because memory ran out (SIGKILL)`;
  }
  return `The training program was terminated by ${signal ?? "an unknown cause"} ${repeated}`;
}

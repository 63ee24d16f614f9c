import { constants } from "node:os";
import { type AttemptFields, FIRST_ATTEMPT } from "./attempt";
import type { Exit } from "./exitFile";
import type { ProgramProgress } from "./programProgress";

/** How often a program that is killed is launched again without a new step in between. */
const MAX_RELAUNCHES = 3;

/** What can be seen of a run from outside. */
export interface Observation {
  /** A runner is at work, or about to be. */
  alive: boolean;
  attempt: AttemptFields | undefined;
  exit: Exit | undefined;
  /** The program's result is in its place. */
  artifact: boolean;
  cancelled: boolean;
}

export type Action =
  | { kind: "wait" }
  | ({ kind: "launch" } & AttemptFields)
  | { kind: "cancelled" }
  | { kind: "succeeded"; stopReason: string }
  /** `includeLog` adds for the end of the log, which says more than a code. */
  | { kind: "failed"; reason: string; includeLog: boolean };

/** What follows from what is seen and told. A function of both alone, so a restarted server decides the same. */
export function nextAction(
  { alive, attempt, exit, artifact, cancelled }: Observation,
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
  if (result?.status === "succeeded" && artifact) {
    // However the program has ended after that: a library that crashes while it is unloaded takes nothing back.
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

/** The signal that ended a program: its own, or that of the shell's child, which the shell tells as a code. */
function signalOf({ code, signal }: Exit): string | undefined {
  if (signal !== null) {
    return signal;
  }
  const asked = (["SIGHUP", "SIGINT", "SIGKILL", "SIGTERM"] as const).find(
    (name) => code === 128 + constants.signals[name],
  );
  return asked;
}

function exitReason({ code }: Exit, { result }: ProgramProgress): { reason: string; includeLog: boolean } {
  if (result !== undefined) {
    return { reason: "The training program said that it succeeded, but there is no artifact", includeLog: true };
  }
  return code === 0
    ? { reason: "The training program ended without a result", includeLog: true }
    : { reason: `The training program ended with exit code ${code}`, includeLog: true };
}

function killReason(hung: boolean, signal: string | undefined, times: number): string {
  const again = `${times} times in a row without a new step`;
  if (hung) {
    return `The training program hung ${again}: it told nothing until the hang timeout had passed`;
  }
  if (signal === "SIGKILL") {
    return `The training program was killed ${again}, most likely because memory ran out (SIGKILL)`;
  }
  return `The training program was ended ${again} by ${signal ?? "something that left no trace"}`;
}

import { constants } from "node:os";
import type { Attempt, Exit } from "../process/attemptFile";
import type { Story } from "./index";

/** How often a program that is killed is launched again without a new step in between. */
const MAX_RELAUNCHES = 3;

/** What counts of an attempt when the next one is decided. */
export type NextAttempt = Pick<Attempt, "attempt" | "furthestStep" | "idle">;

/** What can be seen of a run from outside. */
export interface Observation {
  /** A runner is at work, or about to be. */
  alive: boolean;
  attempt: NextAttempt | undefined;
  exit: Exit | undefined;
  /** The program's result is in its place. */
  artifact: boolean;
  cancelled: boolean;
}

export type Decision =
  | { kind: "wait" }
  | ({ kind: "launch" } & NextAttempt)
  | { kind: "cancelled" }
  | { kind: "succeeded"; stopReason: string }
  /** `explain` stands for the end of the log, which says more than a code. */
  | { kind: "failed"; reason: string; explain: boolean };

/** What follows from what is seen and told. A function of both alone, so a restarted server decides the same. */
export function decide({ alive, attempt, exit, artifact, cancelled }: Observation, story: Story): Decision {
  if (alive) {
    return { kind: "wait" };
  }
  if (cancelled) {
    return { kind: "cancelled" };
  }
  if (attempt === undefined) {
    return { kind: "launch", attempt: 1, furthestStep: 0, idle: 0 };
  }
  const { result } = story;
  if (result?.status === "failed") {
    return { kind: "failed", reason: result.reason, explain: false };
  }
  if (result?.status === "succeeded" && artifact) {
    // However the program has ended after that: a library that crashes while it is unloaded takes nothing back.
    return { kind: "succeeded", stopReason: result.stop_reason === "steps" ? "completed" : result.stop_reason };
  }
  const ended = exit?.attempt === attempt.attempt ? exit : undefined;
  const signal = ended && signalOf(ended);
  if (ended !== undefined && signal === undefined) {
    return { kind: "failed", ...explainExit(ended, story) };
  }
  const idle = story.furthestStep > attempt.furthestStep ? 1 : attempt.idle + 1;
  if (idle > MAX_RELAUNCHES) {
    return { kind: "failed", reason: explainKills(ended?.hung ?? false, signal, idle), explain: true };
  }
  return { kind: "launch", attempt: attempt.attempt + 1, furthestStep: story.furthestStep, idle };
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

function explainExit({ code }: Exit, { result }: Story): { reason: string; explain: boolean } {
  if (result !== undefined) {
    return { reason: "The training program said that it succeeded, but there is no artifact", explain: true };
  }
  return code === 0
    ? { reason: "The training program ended without a result", explain: true }
    : { reason: `The training program ended with exit code ${code}`, explain: true };
}

function explainKills(hung: boolean, signal: string | undefined, times: number): string {
  const again = `${times} times in a row without a new step`;
  if (hung) {
    return `The training program hung ${again}: it told nothing until the hang timeout had passed`;
  }
  if (signal === "SIGKILL") {
    return `The training program was killed ${again}, most likely because memory ran out (SIGKILL)`;
  }
  return `The training program was ended ${again} by ${signal ?? "something that left no trace"}`;
}

import { omitUndefined } from "../../omitUndefined";
import { type Action, nextAction, type Observation } from "../program/nextAction";
import type { ProgramProgress } from "../program/programProgress";
import type { RayAttempt } from "./attemptFile";
import type { AttemptState } from "./observeAttempt";

export type Failed = Action & { kind: "failed" };

export type RayAction =
  | Exclude<Action, { kind: "wait" }>
  /** @see reason what it waits for; without one, it trains */
  | { kind: "wait"; reason?: string }
  /** The latest attempt, which may never have come to the cluster. */
  | { kind: "submit" };

/** What the server itself knows. */
interface Known extends Pick<Observation, "artifact" | "cancelled"> {
  attempt: RayAttempt;
  /** The cluster was asked to stop the attempt. */
  stopped: boolean;
}

/** What follows from what is seen and told. Nothing fails because the cluster is down, or full. */
export function nextRayAction(
  seen: AttemptState,
  { attempt, artifact, cancelled, stopped }: Known,
  programProgress: ProgramProgress,
): RayAction {
  switch (seen.state) {
    case "waiting":
      // Ray leaves in its queue what was stopped there. Its launcher looks for the cancellation before anything else.
      return cancelled && stopped ? { kind: "cancelled" } : { kind: "wait", reason: seen.reason };
    case "unsubmitted":
      return cancelled ? { kind: "cancelled" } : { kind: "submit" };
    case "expired":
      return cancelled ? { kind: "cancelled" } : { kind: "launch", ...attempt, attempt: attempt.attempt + 1 };
    case "stopped":
      return cancelled ? { kind: "cancelled" } : { kind: "failed", reason: STOPPED, includeLog: false };
    case "running":
    case "unavailable": {
      // A program that has left word has ended; whether anything of its attempt is left, only the cluster can say.
      const alive = seen.exit === undefined;
      const action = nextAction({ alive, attempt, exit: seen.exit, artifact, cancelled }, programProgress);
      return action.kind === "wait" || action.kind === "launch"
        ? { kind: "wait", ...omitUndefined({ reason: seen.reason }) }
        : action;
    }
    case "over": {
      const action = nextAction({ alive: false, attempt, exit: seen.exit, artifact, cancelled }, programProgress);
      return action.kind === "failed" && action.includeLog && seen.exit === undefined
        ? { ...action, reason: `${action.reason}. Ray says: ${seen.reason}` }
        : (action as Exclude<Action, { kind: "wait" }>);
    }
  }
}

const STOPPED = "The training was stopped in Ray, and not through this server";

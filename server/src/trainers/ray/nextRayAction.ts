import { omitUndefined } from "../../omitUndefined";
import { type Action, nextAction, type Observation } from "../program/nextAction";
import type { ProgramProgress } from "../program/progress/programProgress";
import type { RayAttempt } from "./attemptFile";
import type { AttemptState } from "./observeAttempt";

export type RayAction =
  | Exclude<Action, { kind: "wait" }>
  /** `reason`: why the attempt is not training; undefined while it trains. */
  | { kind: "wait"; reason?: string }
  /** Submits the latest attempt again: Ray may not have received it. */
  | { kind: "submit" };

/** The state that the server knows without asking the cluster. */
interface ServerState extends Pick<Observation, "hasArtifact" | "cancelled"> {
  attempt: RayAttempt;
  /** The cluster has accepted the request to stop the attempt. */
  stopped: boolean;
}

/** Decides what to do next with a run. An unavailable or full cluster never fails a job. */
export function nextRayAction(
  observed: AttemptState,
  { attempt, hasArtifact, cancelled, stopped }: ServerState,
  programProgress: ProgramProgress,
): RayAction {
  switch (observed.state) {
    case "waiting":
      // Ray keeps a stopped job in its queue. The launcher exits when the `cancel` file exists, so the program never
      // starts.
      return cancelled && stopped ? { kind: "cancelled" } : { kind: "wait", reason: observed.reason };
    case "unsubmitted":
      return cancelled ? { kind: "cancelled" } : { kind: "submit" };
    case "expired":
      return cancelled ? { kind: "cancelled" } : { kind: "launch", ...attempt, attempt: attempt.attempt + 1 };
    case "stopped":
      return cancelled ? { kind: "cancelled" } : { kind: "failed", reason: STOPPED, includeLog: false };
    case "running":
    case "unavailable": {
      // exit.json shows that the program has ended, but only the cluster knows whether other processes of the attempt
      // remain. So the run can end now, but the next attempt must wait for the cluster.
      const alive = observed.exit === undefined;
      const action = nextAction({ alive, attempt, exit: observed.exit, hasArtifact, cancelled }, programProgress);
      return action.kind === "wait" || action.kind === "launch"
        ? { kind: "wait", ...omitUndefined({ reason: observed.reason }) }
        : action;
    }
    case "ended": {
      const action = nextAction(
        { alive: false, attempt, exit: observed.exit, hasArtifact, cancelled },
        programProgress,
      );
      return action.kind === "failed" && action.includeLog && observed.exit === undefined
        ? { ...action, reason: `${action.reason}. Ray reports: ${observed.reason}` }
        : (action as Exclude<Action, { kind: "wait" }>);
    }
  }
}

const STOPPED = "The job was stopped in Ray, not through this server";

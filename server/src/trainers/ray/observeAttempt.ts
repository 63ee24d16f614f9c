import { type Exit, exitOfAttempt } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import { type RayAttempt, submissionId } from "./attemptFile";
import type { Cluster } from "./cluster";
import { type RayJob, RayUnavailableError } from "./rayClient";

/** As much of Ray's own words is shown. */
const LINES = 4;
const CHARACTERS = 2000;

/** What can be seen of the latest attempt, in its folder and at the cluster. */
export type AttemptState =
  /** The cluster does not say, or has not seen the end yet; the program may have left word itself. */
  | { state: "unavailable"; reason: string; exit: Exit | undefined }
  | { state: "running"; reason?: undefined; exit: Exit | undefined }
  | { state: "waiting"; reason: string }
  /** Nobody knows whether the cluster was told of it. */
  | { state: "unsubmitted" }
  /** The cluster has given up starting it, as it does with what has waited for a while. */
  | { state: "expired" }
  /** Somebody has stopped it. */
  | { state: "stopped" }
  /** It has ended, or is lost. @see exit how its program has ended, if that could be seen */
  | { state: "over"; reason: string; exit: Exit | undefined };

/** Looks at the latest attempt of a job. */
export async function observeAttempt(cluster: Cluster, folder: JobFolder, attempt: RayAttempt): Promise<AttemptState> {
  try {
    const job = await cluster.ask((client) => client.get(submissionId(folder.id, attempt)));
    return toAttemptState(job, attempt, exitOfAttempt(folder, attempt));
  } catch (error) {
    if (error instanceof RayUnavailableError) {
      return { state: "unavailable", reason: error.message, exit: exitOfAttempt(folder, attempt) };
    }
    throw error;
  }
}

function toAttemptState(job: RayJob | undefined, { submitted }: RayAttempt, exit: Exit | undefined): AttemptState {
  if (job === undefined) {
    return submitted || exit !== undefined
      ? { state: "over", reason: "the cluster does not know the job any more: its head was started anew", exit }
      : { state: "unsubmitted" };
  }
  switch (job.status) {
    case "PENDING":
      return { state: "waiting", reason: `Waits in Ray's queue: ${job.message}` };
    case "RUNNING":
      return { state: "running", exit };
    case "STOPPED":
      return { state: "stopped" };
    default:
      return job.error_type === "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"
        ? { state: "expired" }
        : { state: "over", reason: shorten(job.message), exit };
  }
}

/** Ray repeats the end of the job's log; its own lines in there, and most of it, can go. */
function shorten(message: string): string {
  const [first = "", ...rest] = message.replace(/, last available logs[^:]*:/, "").split("\n");
  const said = rest.filter((line) => line.trim() !== "" && !/\tINFO |^Running entrypoint/.test(line));
  return [first, ...said.slice(-LINES)].join("\n").slice(0, CHARACTERS);
}

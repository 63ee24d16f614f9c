import { type Exit, exitOfAttempt } from "../program/exitFile";
import type { JobFolder } from "../program/jobFolder";
import { type RayAttempt, submissionId } from "./attemptFile";
import { type RayJob, RayUnavailableError } from "./rayClient";
import type { RayClientWithBackoff } from "./rayClientWithBackoff";

/** Limits of the part of Ray's message that the server shows. */
const MAX_LINES = 4;
const MAX_CHARACTERS = 2000;

/** The state of the latest attempt, according to its folder and the cluster. */
export type AttemptState =
  /** The cluster is unavailable. `exit` is set when the program has exited. */
  | { state: "unavailable"; reason: string; exit: Exit | undefined }
  /** `exit` is set when the program has exited and the cluster has not noticed yet. */
  | { state: "running"; reason?: undefined; exit: Exit | undefined }
  /** The attempt is in Ray's queue. */
  | { state: "waiting"; reason: string }
  /** The cluster does not have the attempt, and has never confirmed the submission. */
  | { state: "unsubmitted" }
  /** Ray has given up starting the attempt, as it does with jobs that are queued for too long. */
  | { state: "expired" }
  /** The attempt was stopped in Ray, by this server or by a user. */
  | { state: "stopped" }
  /** The attempt has ended or is lost. `exit` is undefined when the exit of the program was not recorded. */
  | { state: "ended"; reason: string; exit: Exit | undefined };

/** Observes the latest attempt of a job. */
export async function observeAttempt(
  cluster: RayClientWithBackoff,
  folder: JobFolder,
  attempt: RayAttempt,
): Promise<AttemptState> {
  try {
    const job = await cluster.send((client) => client.get(submissionId(folder.id, attempt)));
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
      ? { state: "ended", reason: "the cluster no longer has the job: its head node was restarted", exit }
      : { state: "unsubmitted" };
  }
  switch (job.status) {
    case "PENDING":
      return { state: "waiting", reason: `Queued in Ray: ${job.message}` };
    case "RUNNING":
      return { state: "running", exit };
    case "STOPPED":
      return { state: "stopped" };
    default:
      return job.error_type === "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"
        ? { state: "expired" }
        : { state: "ended", reason: shorten(job.message), exit };
  }
}

/** Shortens a message of Ray, which repeats the end of the job's log. Removes Ray's own log lines. */
function shorten(message: string): string {
  const [first = "", ...rest] = message.replace(/, last available logs[^:]{0,200}:/, "").split("\n");
  const relevant = rest.filter((line) => line.trim() !== "" && !/\tINFO |^Running entrypoint/.test(line));
  return [first, ...relevant.slice(-MAX_LINES)].join("\n").slice(0, MAX_CHARACTERS);
}

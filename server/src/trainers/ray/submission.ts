import { join } from "node:path";
import type { StartedJob } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import type { JobFolder } from "../program/jobFolder";
import { type RayAttempt, submissionId } from "./attemptFile";
import type { Submission } from "./rayClient";
import type { Resources } from "./rayConfig";

/**
 * Ray sends SIGKILL this many seconds later than the launcher does. Ray's default, 3 seconds, is too short to end a
 * training.
 */
const STOP_MARGIN = 5;

export interface LauncherOptions {
  /** The program and its arguments. The launcher appends the path of the job's folder. */
  command: readonly string[];
  /** Seconds without new progress after which the launcher kills the program. */
  hangTimeout: number;
  /** Seconds between SIGTERM and SIGKILL when the job is cancelled. */
  cancelGrace: number;
  /**
   * Path of the file with the job's secrets, if it has any. Secrets are not submitted to Ray, which shows jobs to all
   * its users.
   */
  secretsFile?: string;
}

/** Returns the submission of an attempt. Its entrypoint is the launcher in the job's folder, which runs the program. */
export function submission(
  run: StartedJob,
  folder: JobFolder,
  attempt: Pick<RayAttempt, "attempt">,
  launcher: LauncherOptions,
  resources: Resources,
): Submission {
  const { workers, runtime_env, num_cpus, num_gpus, memory, resources: custom } = resources;
  const single = workers === 1;
  return {
    submission_id: submissionId(run.id, attempt),
    entrypoint: entrypoint(folder, attempt, launcher, resources),
    metadata: { mistral_job_id: run.id, model: run.spec.model, attempt: String(attempt.attempt) },
    runtime_env: {
      ...runtime_env,
      env_vars: {
        RAY_JOB_STOP_WAIT_TIME_S: String(Math.ceil(launcher.cancelGrace + STOP_MARGIN)),
        ...(!single && workerVariables(resources)),
        ...runtime_env.env_vars,
      },
    },
    ...(single &&
      omitUndefined({
        entrypoint_num_cpus: num_cpus,
        entrypoint_num_gpus: num_gpus,
        entrypoint_memory: memory,
        entrypoint_resources: custom,
      })),
  };
}

/** Returns the environment variable with the resources of each worker, which the program passes to Ray Train. */
function workerVariables({ num_cpus, num_gpus, memory, resources = {} }: Resources): Record<string, string> {
  const each = { ...omitUndefined({ CPU: num_cpus, GPU: num_gpus, memory }), ...resources };
  return { RAY_RESOURCES_PER_WORKER: JSON.stringify(each) };
}

function entrypoint(
  folder: JobFolder,
  { attempt }: Pick<RayAttempt, "attempt">,
  { command, hangTimeout, cancelGrace, secretsFile }: LauncherOptions,
  { workers, python }: Resources,
): string {
  const launch = [
    ...[python, join(folder.path, "launch.py"), "--attempt", attempt, "--hang-timeout", hangTimeout],
    ...["--cancel-grace", cancelGrace],
    ...(secretsFile === undefined ? [] : ["--secrets", secretsFile]),
    ...(workers === 1 ? [] : ["--ray-workers", workers]),
  ];
  return `exec ${[...launch, "--", ...command].map(quote).join(" ")}`;
}

function quote(argument: string | number): string {
  return `'${String(argument).replaceAll("'", `'\\''`)}'`;
}

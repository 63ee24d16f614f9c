import { join } from "node:path";
import type { Run } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import type { JobFolder } from "../program/jobFolder";
import { type RayAttempt, submissionId } from "./attemptFile";
import type { Submission } from "./rayClient";
import type { Resources } from "./rayConfig";

/** Ray waits for so many seconds longer than the launcher before it kills; its own three are too few to end a training. */
const STOP_MARGIN = 5;

export interface Launcher {
  /** The program and its arguments; the folder's path follows them. */
  command: readonly string[];
  /** Seconds. */
  hangTimeout: number;
  /** Seconds that a cancelled program may take to end before it is killed. */
  cancelGrace: number;
  /** A file with the secrets of the job, if there are any. They never pass through Ray, which shows its jobs to everybody. */
  secrets?: string;
}

/** What is submitted for an attempt: the launcher in the job's folder, which runs the program. */
export function submission(
  run: Run,
  folder: JobFolder,
  attempt: Pick<RayAttempt, "attempt">,
  launcher: Launcher,
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

/** What each of several workers has, for the program to pass on to Ray Train. */
function workerVariables({ num_cpus, num_gpus, memory, resources = {} }: Resources): Record<string, string> {
  const each = { ...omitUndefined({ CPU: num_cpus, GPU: num_gpus, memory }), ...resources };
  return { RAY_RESOURCES_PER_WORKER: JSON.stringify(each) };
}

function entrypoint(
  folder: JobFolder,
  { attempt }: Pick<RayAttempt, "attempt">,
  { command, hangTimeout, cancelGrace, secrets }: Launcher,
  { workers, python }: Resources,
): string {
  const launch = [
    ...[python, join(folder.path, "launch.py"), "--attempt", attempt, "--hang-timeout", hangTimeout],
    ...["--cancel-grace", cancelGrace],
    ...(secrets === undefined ? [] : ["--secrets", secrets]),
    ...(workers === 1 ? [] : ["--ray-workers", workers]),
  ];
  return `exec ${[...launch, "--", ...command].map(quote).join(" ")}`;
}

function quote(word: string | number): string {
  return `'${String(word).replaceAll("'", `'\\''`)}'`;
}

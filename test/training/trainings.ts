import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { recipePython } from "../../server/src/trainers/recipe/recipe";

/** One thread, because the number of threads changes the rounding of floating-point sums, and so the losses. */
export const TRAINING_ENV = { OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** The time limit of a `pulumi up` that trains. The recipe's own tests use the machine at the same time. */
export const TRAINING_TIMEOUT_MS = 9 * 60_000;

/** Returns the parsed lines of a job's `progress.jsonl`, without an incomplete last line. */
export async function progressOf(data: string, jobId: string) {
  const text = await readFile(join(data, "runs", jobId, "progress.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Kills only the training program, not the other processes of the job. */
export const killTraining = (jobId: string): Promise<void> => signalTraining(jobId, "SIGKILL");

/** Sends a signal to the training program, not to the other processes of the job. */
export async function signalTraining(jobId: string, signal: NodeJS.Signals): Promise<void> {
  for (const pid of await trainingsOf(jobId)) process.kill(pid, signal);
}

/** Returns the process ids of a job's running training programs. */
export async function trainingsOf(jobId: string): Promise<number[]> {
  const running = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.startsWith(recipePython()) && command.includes(jobId)) running.push(Number(pid));
  }
  return running;
}

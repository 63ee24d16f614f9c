import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { recipePython } from "../../server/src/trainers/recipe/recipe";

/** Sums of floating point numbers depend on how many threads share the work. */
export const TRAINING_ENV = { OMP_NUM_THREADS: "1", HF_HUB_OFFLINE: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** The whole lines of a job's `progress.jsonl`. */
export async function progressOf(data: string, jobId: string) {
  const text = await readFile(join(data, "runs", jobId, "progress.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Kills the program itself, among the processes that were started with the job's folder. */
export async function killTraining(jobId: string): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.startsWith(recipePython()) && command.includes(jobId)) process.kill(Number(pid), "SIGKILL");
  }
}

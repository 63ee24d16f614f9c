import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { TrainingRequest } from "../../../domain/trainer";
import { version } from "../../../version";
import type { Capabilities } from "../command/capabilities";
import type { JobFile } from "../jobFile";

/**
 * Returns the SHA-256 of everything that determines a plan, or undefined when the plan also depends on something that
 * the server does not know: the content of repositories.
 *
 * @param command the program and its first arguments
 */
export function planKey(
  job: JobFile,
  { trainingFiles, validationFiles }: Pick<TrainingRequest, "trainingFiles" | "validationFiles">,
  workers: number,
  command: readonly string[],
  { declared }: Capabilities,
): string | undefined {
  if (job.repositories.length > 0) return undefined;
  const { base, seed, job_type, hyperparameters, classifier_targets, generation_rules } = job;
  const inputs = {
    base,
    baseFiles: filesOf(String(base.path)),
    seed,
    job_type,
    hyperparameters,
    classifier_targets,
    generation_rules,
    invalid_sample_skip_percentage: job.invalid_sample_skip_percentage,
    training: trainingFiles.map(({ sha256 }, index) => [sha256, job.training_files[index]?.weight]),
    validation: validationFiles.map(({ sha256 }) => sha256),
    names: namesMatter(job) ? [...trainingFiles, ...validationFiles].map(({ name }) => name) : undefined,
    workers,
    program: [version(), command, declared],
  };
  return createHash("sha256").update(canonicalJson(inputs)).digest("hex");
}

/**
 * The recipe seeds fill-in-the-middle with the names of files. Events about skipped samples and about samples that break
 * a rule contain them.
 */
function namesMatter({ hyperparameters, invalid_sample_skip_percentage, generation_rules }: JobFile): boolean {
  return hyperparameters.fim_ratio !== undefined || invalid_sample_skip_percentage > 0 || generation_rules === "warn";
}

/** Returns names, sizes and times of a local model's files: another tokenizer gives another plan. */
function filesOf(path: string): unknown {
  if (!isAbsolute(path)) return undefined;
  try {
    const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => !entry.isDirectory());
    return entries
      .map(({ name }) => name)
      .sort()
      .map((name) => {
        const { size, mtimeMs } = statSync(join(path, name));
        return [name, size, mtimeMs];
      });
  } catch {
    return undefined;
  }
}

/** Serializes a value with sorted keys. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, each) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

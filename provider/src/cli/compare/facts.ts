import { type DetailedJob, isTerminal } from "../../client";

/** Names and values of a job. Absent: the job has no such value. */
export type Facts = Record<string, string | number>;

/** Returns what the job was asked to do. @param nameOf the name and the content of a file */
export function declarationsOf(job: DetailedJob, nameOf: (fileId: string) => string): Facts {
  const hyperparameters = Object.entries(job.hyperparameters ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return present({
    model: job.model,
    "job type": job.job_type,
    suffix: job.suffix,
    ...Object.fromEntries(hyperparameters),
    "training files": listed(job.training_files, nameOf),
    "validation files": listed(job.validation_files, nameOf),
    "classifier targets": listed(job.classifier_targets, ({ name, labels = [] }) => `${name}: ${labels.join("|")}`),
    repositories: listed(
      job.repositories,
      ({ owner, name, commit_id }) => `${owner}/${name}@${commit_id?.slice(0, 8)}`,
    ),
    keep: job.keep,
  });
}

/** Returns the results of the job. */
export function figuresOf(job: DetailedJob): Facts {
  const { metadata = {}, evaluation, checkpoints = [] } = job;
  const last = checkpoints.reduce<(typeof checkpoints)[number] | undefined>(
    (latest, each) => (latest !== undefined && latest.step_number > each.step_number ? latest : each),
    undefined,
  );
  const change = (name: "valid_loss" | "valid_mean_token_accuracy" | "accuracy" | "f1") => {
    const [base, tuned] = [evaluation?.base?.[name], evaluation?.tuned?.[name]];
    return base === undefined || tuned === undefined ? tuned : `${rounded(base)} → ${rounded(tuned)}`;
  };
  return present({
    status: job.status,
    figures: metadata.simulated ? "made up by the simulator" : undefined,
    "train loss, last checkpoint": last?.metrics.train_loss,
    "validation loss, last checkpoint": last?.metrics.valid_loss,
    "validation loss, base → tuned": change("valid_loss"),
    "token accuracy, base → tuned": change("valid_mean_token_accuracy"),
    "accuracy, base → tuned": change("accuracy"),
    "F1, base → tuned": change("f1"),
    "step of the model": evaluation?.tuned?.step,
    steps: metadata.current_step ?? last?.step_number,
    "trained tokens": job.trained_tokens,
    cost: metadata.cost === undefined ? undefined : `${rounded(metadata.cost)} ${metadata.cost_currency ?? ""}`.trim(),
    "duration, seconds": durationOf(job),
    "fine-tuned model": job.fine_tuned_model,
  });
}

/** Returns the seconds from RUNNING to the end; undefined while the job runs. */
function durationOf({ status, events = [] }: DetailedJob): number | undefined {
  const timeOf = (wanted: string) => events.find(({ data }) => data?.status === wanted)?.created_at;
  const [began, ended] = [timeOf("RUNNING"), isTerminal(status) ? timeOf(status) : undefined];
  return began === undefined || ended === undefined ? undefined : ended - began;
}

function listed<Entry>(entries: readonly Entry[] | undefined, text: (entry: Entry) => string): string | undefined {
  return entries === undefined || entries.length === 0 ? undefined : entries.map(text).join(", ");
}

/** Four significant digits distinguish losses, and fit into a table. */
export const rounded = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

function present(facts: Record<string, string | number | undefined>): Facts {
  return Object.fromEntries(
    Object.entries(facts).filter(
      (entry): entry is [string, string | number] => entry[1] !== undefined && entry[1] !== "",
    ),
  );
}

import type { DashboardFile } from "#common";
import type { JobReply } from "../job/jobReply";

/** A declared property of the compared jobs. */
export interface Property {
  /** Unique. */
  name: string;
  label: string;
  /** Of each job. Undefined: the job does not declare it. */
  values: (string | undefined)[];
  differs: boolean;
}

/** A job with the names of its files. */
export interface ComparedJob {
  job: JobReply;
  files: readonly DashboardFile[];
}

/** The longest value of a legend. */
const MAX_LENGTH = 40;

/** Returns what jobs declare, those properties first that differ. */
export function propertiesOf(jobs: readonly ComparedJob[]): Property[] {
  const ambiguous = ambiguousFiles(jobs);
  const declared = jobs.map((job) => declaredBy(job, ambiguous));
  const names = [...new Set(declared.flatMap((each) => [...each.keys()]))];
  const properties = names.map((name) => {
    const values = declared.map((each) => each.get(name));
    return { name, label: labelOf(name), values, differs: new Set(values).size > 1 };
  });
  return [...properties.filter(({ differs }) => differs), ...properties.filter(({ differs }) => !differs)];
}

/**
 * Names each job by what differs between the jobs: `learning rate 0.0005, model ministral-3b-latest`. Adds the suffix or the
 * first digits of the ID where that does not distinguish the jobs.
 */
export function jobLabels(jobs: readonly ComparedJob[]): string[] {
  const differing = propertiesOf(jobs).filter(({ differs, name }) => differs && name !== "suffix");
  const labels = jobs.map(({ job }, index) => {
    const parts = differing.map(
      ({ label, values }) => `${label.toLowerCase()} ${shortened(values[index] ?? "not set")}`,
    );
    return parts.join(", ") || nameOf(job);
  });
  return labels.map((label, index) =>
    labels.indexOf(label) === labels.lastIndexOf(label) ? label : `${label} (${distinctName(jobs, index)})`,
  );
}

/** Returns the index of the best value, or of several equal ones. Empty with fewer than two values. */
export function bestOf(values: readonly (number | undefined)[], isLowerBetter: boolean): Set<number> {
  const known = values.filter((value) => value !== undefined);
  if (known.length < 2) return new Set();
  const best = isLowerBetter ? Math.min(...known) : Math.max(...known);
  return new Set(values.flatMap((value, index) => (value === best ? [index] : [])));
}

function declaredBy({ job, files }: ComparedJob, ambiguous: ReadonlySet<string>): Map<string, string> {
  const declared = new Map<string, string>();
  const add = (name: string, value: string | number | boolean | undefined | null) => {
    if (value !== undefined && value !== null && value !== "") declared.set(name, String(value));
  };
  add("model", job.model);
  add("suffix", job.suffix);
  for (const [name, value] of Object.entries(job.hyperparameters)) add(name, value as string);
  add("training_data", filesOf(job.training_files, files, "training", ambiguous));
  add("validation_data", filesOf(job.validation_files, files, "validation", ambiguous));
  add(
    "repositories",
    job.repositories?.map(({ owner, name, commit_id }) => `${owner}/${name}@${commit_id.slice(0, 8)}`).join(", "),
  );
  add("keep", job.keep ?? job.evaluation?.kept);
  add("job_type", job.job_type);
  add("targets", job.classifier_targets?.map(({ name, labels }) => `${name} (${labels.length})`).join(", "));
  add("samples", job.metadata.samples);
  return declared;
}

function filesOf(
  ids: readonly string[],
  files: readonly DashboardFile[],
  role: DashboardFile["role"],
  ambiguous: ReadonlySet<string>,
): string {
  const names = ids.map((id) => {
    const { filename, num_lines, weight = 1 } = files.find((file) => file.role === role && file.id === id) ?? {};
    const lines = num_lines === undefined ? "" : ` (${num_lines} samples)`;
    const name =
      filename === undefined ? id.slice(0, 8) : `${filename}${ambiguous.has(filename) ? ` ${id.slice(0, 8)}` : ""}`;
    return `${name}${lines}${weight === 1 ? "" : ` × ${weight}`}`;
  });
  return names.join(", ");
}

/** Returns the names that several files have: their contents differ. */
function ambiguousFiles(jobs: readonly ComparedJob[]): Set<string> {
  const ids = new Map<string, Set<string>>();
  for (const { id, filename } of jobs.flatMap(({ files }) => files)) {
    if (filename !== undefined) ids.set(filename, (ids.get(filename) ?? new Set()).add(id));
  }
  return new Set([...ids].filter(([, each]) => each.size > 1).map(([name]) => name));
}

function labelOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function shortened(value: string): string {
  return value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH - 1)}…` : value;
}

const nameOf = ({ suffix, id }: JobReply): string => suffix ?? id.slice(0, 8);

function distinctName(jobs: readonly ComparedJob[], index: number): string {
  const { job } = jobs[index] as ComparedJob;
  const name = nameOf(job);
  return jobs.filter((other) => nameOf(other.job) === name).length > 1 ? job.id.slice(0, 8) : name;
}

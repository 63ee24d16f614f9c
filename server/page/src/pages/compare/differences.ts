import type { DashboardFile } from "#common";
import { visibleText } from "#common/visibleText";
import { jobName, labelOf, shortId } from "../../format";
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

/** A job with its files. */
export interface ComparedJob {
  job: JobReply;
  files: readonly DashboardFile[];
}

interface Declared {
  value: string;
  /** Equal for values that mean the same. */
  identity: string;
}

/** The longest value of a legend. */
const MAX_LENGTH = 40;

/** Returns what jobs declare, those properties first that differ. */
export function propertiesOf(jobs: readonly ComparedJob[]): Property[] {
  const ambiguous = ambiguousFiles(jobs);
  const declared = jobs.map((job) => declaredBy(job, ambiguous));
  const names = [...new Set(declared.flatMap((each) => [...each.keys()]))];
  const properties = names.map((name) => {
    const values = declared.map((each) => each.get(name)?.value);
    const differs = new Set(declared.map((each) => each.get(name)?.identity)).size > 1;
    return { name, label: labelOf(name), values, differs };
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
    return visibleText(parts.join(", ")) || jobName(job);
  });
  return labels.map((label, index) => {
    const isUnique = labels.indexOf(label) === labels.lastIndexOf(label);
    return isUnique ? label : `${label} (${distinctName(jobs, index)})`;
  });
}

/** Returns the index of the best value, or of several equal ones. Empty when no value is better than another one. */
export function bestOf(values: readonly (number | undefined)[], isLowerBetter: boolean): Set<number> {
  const known = values.filter((value) => value !== undefined);
  if (new Set(known).size < 2) return new Set();
  const best = isLowerBetter ? Math.min(...known) : Math.max(...known);
  return new Set(values.flatMap((value, index) => (value === best ? [index] : [])));
}

function declaredBy({ job, files }: ComparedJob, ambiguous: ReadonlySet<string>): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  const add = (name: string, value: string | number | boolean | undefined | null) => {
    if (value === undefined || value === null || value === "") return;
    declared.set(name, { value: String(value), identity: String(value) });
  };
  const addFiles = (name: string, ids: readonly string[], role: DashboardFile["role"]) => {
    if (ids.length === 0) return;
    const used = ids.map((id): UsedFile => files.find((file) => file.role === role && file.id === id) ?? { id });
    declared.set(name, {
      value: used.map((file) => textOf(file, ambiguous)).join(", "),
      identity: used.map((file) => `${contentOf(file)} × ${file.weight ?? 1}`).join(),
    });
  };
  add("model", job.model);
  add("suffix", job.suffix);
  for (const [name, value] of Object.entries(job.hyperparameters)) add(name, value as string);
  addFiles("training_data", job.training_files, "training");
  addFiles("validation_data", job.validation_files, "validation");
  add(
    "repositories",
    job.repositories?.map(({ owner, name, commit_id }) => `${owner}/${name}@${shortId(commit_id)}`).join(", "),
  );
  add("keep", job.keep ?? job.evaluation?.kept);
  add("job_type", job.job_type);
  add("targets", job.classifier_targets?.map(({ name, labels }) => `${name} (${labels.length})`).join(", "));
  add("samples", job.metadata.samples);
  return declared;
}

type UsedFile = Pick<DashboardFile, "id"> & Partial<DashboardFile>;

/** Data that is uploaded twice is the same data. A deleted file is known by its ID only. */
const contentOf = ({ sha256, id }: UsedFile): string => sha256 ?? id;

function textOf(file: UsedFile, ambiguous: ReadonlySet<string>): string {
  const { id, filename, num_lines, weight = 1 } = file;
  const content = contentOf(file).slice(0, 8);
  const lines = num_lines === undefined ? "" : ` (${num_lines} samples)`;
  const name = filename === undefined ? shortId(id) : `${filename}${ambiguous.has(filename) ? ` ${content}` : ""}`;
  return `${name}${lines}${weight === 1 ? "" : ` × ${weight}`}`;
}

/** Returns the names that files with different contents have. */
function ambiguousFiles(jobs: readonly ComparedJob[]): Set<string> {
  const contents = new Map<string, Set<string>>();
  for (const file of jobs.flatMap(({ files }) => files)) {
    const { filename } = file;
    if (filename !== undefined) contents.set(filename, (contents.get(filename) ?? new Set()).add(contentOf(file)));
  }
  return new Set([...contents].filter(([, each]) => each.size > 1).map(([name]) => name));
}

function shortened(value: string): string {
  return value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH - 1)}…` : value;
}

function distinctName(jobs: readonly ComparedJob[], index: number): string {
  const { job } = jobs[index] as ComparedJob;
  const name = jobName(job);
  return jobs.filter((other) => jobName(other.job) === name).length > 1 ? shortId(job.id) : name;
}

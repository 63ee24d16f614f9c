import { type DetailedJob, type MistralClient, NotFoundError } from "../../client";
import { readJob } from "../jobs/readJob";
import { declarationsOf, type Facts, figuresOf } from "./facts";

/** A line of the table. */
export interface Row {
  name: string;
  /** One for each job. Null: the job has no such value. */
  values: (string | number | null)[];
  differs: boolean;
}

export interface Comparison {
  jobs: string[];
  /** Those that differ come first. */
  declarations: Row[];
  figures: Row[];
}

/** Reads the jobs and compares them. */
export async function compareJobs(client: MistralClient, ids: string[]): Promise<Comparison> {
  const jobs: DetailedJob[] = [];
  for (const id of ids) jobs.push(await readJob(client, id));
  const names = await fileNames(client, jobs);
  const declarations = rowsOf(jobs.map((job) => declarationsOf(job, (id) => names.get(id) ?? id)));
  const [different, same] = [declarations.filter((row) => row.differs), declarations.filter((row) => !row.differs)];
  return {
    jobs: jobs.map(({ id }) => id),
    declarations: [...different, ...same],
    figures: rowsOf(jobs.map(figuresOf)),
  };
}

function rowsOf(facts: Facts[]): Row[] {
  const names = [...new Set(facts.flatMap((each) => Object.keys(each)))];
  return names.map((name) => {
    const values = facts.map((each) => (Object.hasOwn(each, name) ? (each[name] as string | number) : null));
    return { name, values, differs: new Set(values).size > 1 };
  });
}

/** Returns the name of each file with the beginning of its hash: two uploads of one file are the same data. */
async function fileNames(client: MistralClient, jobs: DetailedJob[]): Promise<Map<string, string>> {
  const ids = new Set(jobs.flatMap((job) => [...(job.training_files ?? []), ...(job.validation_files ?? [])]));
  const names = new Map<string, string>();
  for (const id of ids) {
    try {
      const file = await client.files.get(id);
      // An extension of mistral-fine-tuning-server.
      const { sha256 } = file as { sha256?: unknown };
      const { filename } = file;
      names.set(id, typeof sha256 === "string" ? `${filename} sha256:${sha256.slice(0, 8)}` : `${filename} (${id})`);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      names.set(id, `${id} (deleted)`);
    }
  }
  return names;
}

import type { Job } from "./job";

/**
 * Returns `ft:<model>:<suffix>:<yyyymmdd>:<first 8 characters of the job's id>`, with the prefix `ft:classifier:` for
 * classifiers. The date is the creation date of the job in UTC.
 */
export function fineTunedModelName(job: Job): string {
  const date = new Date(job.createdAt).toISOString().slice(0, 10).replaceAll("-", "");
  const { job_type, model, suffix } = job.spec;
  return [
    "ft",
    ...(job_type === "classifier" ? ["classifier"] : []),
    model,
    ...(suffix === undefined ? [] : [suffix]),
    date,
    job.id.slice(0, 8),
  ].join(":");
}

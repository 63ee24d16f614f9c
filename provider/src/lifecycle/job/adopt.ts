import { hasSucceeded } from "#common";
import { snakeCase } from "#common/snakeCase";
import type { DetailedJob, MistralClient } from "../../client";
import { shapeOf } from "../../inputs/identity";
import { InputProblem, pathText } from "../../inputs/problem";
import { jobTypeOf } from "../../inputs/request";
import type { DataFile } from "../../schema/files";
import type { Inputs } from "../../schema/inputs";
import { undefinedIfNotFound } from "../connection/notFound";
import type { Host } from "../runtime/host";
import { isUploadName } from "../uploads/uploadFiles";
import { findModel, unarchiveModel } from "./model";

/**
 * Returns the job that `adopt` names, after checking that the job matches the inputs.
 *
 * @throws InputProblem naming each field that differs, or the deleted model
 */
export async function adoptJob(
  client: MistralClient,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<DetailedJob> {
  const job = await client.jobs.get(inputs.adopt as string, { signal });
  const found = [
    ...fieldDifferences(comparableInputs(inputs), withEffectiveKeep(job), []),
    ...(await fileDifferences(client, inputs, job, signal)),
  ];
  if (found.length > 0) {
    throw new InputProblem(
      "adopt",
      `fine-tuning job ${job.id} does not match the inputs and was not changed: ${found.join("; ")}. Set these inputs to the job's values, or remove adopt to train a new job`,
    );
  }
  if (hasSucceeded(job.status) && job.fine_tuned_model) {
    const model = await findModel(client, job.fine_tuned_model, job, host, signal);
    if (model) {
      await unarchiveModel(client, model, signal);
    } else {
      throw new InputProblem("adopt", `the model ${job.fine_tuned_model} of this job was deleted`);
    }
  }
  return job;
}

/** A job that does not request `keep` reports the server's default in its evaluation. */
const withEffectiveKeep = (job: DetailedJob): DetailedJob => {
  const keep = job.keep ?? job.evaluation?.kept;
  return keep === undefined ? job : { ...job, keep };
};

/** The inputs to compare with the job: without an automatic suffix, triggers and files, which the job does not report as fields. */
function comparableInputs(inputs: Inputs): Record<string, unknown> {
  const { trainingFiles, validationFiles, triggers, ...shape } = shapeOf(inputs);
  return { ...shape, jobType: jobTypeOf(inputs), ...(inputs.__suffix === "user" && { suffix: inputs.suffix }) };
}

/** Yields each declared field whose value differs on the server. Skips fields that the server does not report. */
function* fieldDifferences(declared: unknown, actual: unknown, path: PropertyKey[]): Generator<string> {
  if (actual === undefined) return;
  if (typeof declared !== "object" || declared === null) {
    if (!isEqualValue(declared, actual)) {
      yield `${pathText(path)} is declared as ${jsonText(declared)}, the job has ${jsonText(actual)}`;
    }
    return;
  }
  if (Array.isArray(declared) && Array.isArray(actual) && declared.length !== actual.length) {
    yield `${pathText(path)} has ${declared.length} elements, the job has ${actual.length}`;
    return;
  }
  for (const [key, value] of Object.entries(declared)) {
    const other = (actual as Record<string, unknown> | undefined)?.[snakeCase(key)];
    const step = Array.isArray(declared) ? Number(key) : key;
    yield* fieldDifferences(value, other, [...path, step]);
  }
}

/** Compares numbers with a tolerance: some servers store 32-bit floats. */
function isEqualValue(declared: unknown, actual: unknown): boolean {
  if (typeof declared !== "number" || typeof actual !== "number") return declared === actual;
  return Math.abs(declared - actual) <= Math.abs(declared) * 1e-6;
}

async function fileDifferences(
  client: MistralClient,
  inputs: Inputs,
  job: DetailedJob,
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = [];
  for (const [name, ids] of [
    ["trainingFiles", job.training_files],
    ["validationFiles", job.validation_files],
  ] as const) {
    const files = inputs[name] ?? [];
    if (ids === undefined) continue;
    if (files.length !== ids.length) {
      found.push(`${name} has ${files.length} elements, the job has ${ids.length} files`);
    } else {
      for (const [index, file] of files.entries()) {
        if (!(await isContentOf(client, file, ids[index] as string, signal))) {
          found.push(`${name}[${index}] is not the job's file ${ids[index]}`);
        }
      }
    }
  }
  return found;
}

/** Whether a file on the server has the declared content: by the hash in the name of our uploads, otherwise by size. */
async function isContentOf(client: MistralClient, file: DataFile, id: string, signal: AbortSignal): Promise<boolean> {
  if (file.fileId !== undefined) return file.fileId === id;
  const remote = await undefinedIfNotFound(client.files.get(id, { signal }));
  if (!remote) return true;
  if (isUploadName(remote.filename ?? "")) return remote.filename?.includes(file.sha256 as string) === true;
  return remote.bytes === undefined || remote.bytes === file.bytes;
}

const jsonText = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));

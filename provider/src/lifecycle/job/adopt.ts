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
 * The job that `adopt` names, once it is seen to be the declared one.
 *
 * @throws InputProblem naming each field that differs, or the model that is gone
 */
export async function adoptJob(
  client: MistralClient,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<DetailedJob> {
  const job = await client.jobs.get(inputs.adopt as string, { signal });
  const found = [
    ...fieldDifferences(comparableInputs(inputs), job, []),
    ...(await fileDifferences(client, inputs, job, signal)),
  ];
  if (found.length > 0) {
    throw new InputProblem(
      "adopt",
      `fine-tuning job ${job.id} is not the declared one, so it was left as it is: ${found.join("; ")}. Declare what the job has, or remove adopt to train anew`,
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

/** What the job can be held against. An automatic suffix is only ours, and triggers and files are not the job's. */
function comparableInputs(inputs: Inputs): Record<string, unknown> {
  const { trainingFiles, validationFiles, triggers, ...shape } = shapeOf(inputs);
  return { ...shape, jobType: jobTypeOf(inputs), ...(inputs.__suffix === "user" && { suffix: inputs.suffix }) };
}

/** Every declared value that the job has another for. A field that the server does not tell cannot be compared. */
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

/** Servers keep numbers in 32 bits too. */
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

/** As far as the server can tell: the name of an upload of ours has the content's hash, any other file only its size. */
async function isContentOf(client: MistralClient, file: DataFile, id: string, signal: AbortSignal): Promise<boolean> {
  if (file.fileId !== undefined) return file.fileId === id;
  const remote = await undefinedIfNotFound(client.files.get(id, { signal }));
  if (!remote) return true;
  if (isUploadName(remote.filename ?? "")) return remote.filename?.includes(file.sha256 as string) === true;
  return remote.bytes === undefined || remote.bytes === file.bytes;
}

const jsonText = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));

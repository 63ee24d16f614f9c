import { hasSucceeded } from "#common";
import type { DetailedJob, MistralClient } from "../../client";
import { shapeOf } from "../../inputs/identity";
import { InputProblem, pathText } from "../../inputs/problem";
import { jobTypeOf, snakeCase } from "../../inputs/request";
import type { DataFile } from "../../schema/files";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { isUploadName } from "../uploads/uploadFiles";
import { makeUsable, modelOf } from "./model";
import { ifFound } from "./tolerant";

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
  const found = [...differences(declared(inputs), job, []), ...(await fileDifferences(client, inputs, job, signal))];
  if (found.length > 0) {
    throw new InputProblem(
      "adopt",
      `fine-tuning job ${job.id} is not the declared one, so it was left as it is: ${found.join("; ")}. Declare what the job has, or remove adopt to train anew`,
    );
  }
  if (hasSucceeded(job.status) && job.fine_tuned_model) {
    const model = await modelOf(client, job.fine_tuned_model, job, host, signal);
    if (model) await makeUsable(client, model, signal);
    else throw new InputProblem("adopt", `the model ${job.fine_tuned_model} of this job was deleted`);
  }
  return job;
}

/** What the job can be held against. An automatic suffix is only ours, and triggers and files are not the job's. */
function declared(inputs: Inputs): Record<string, unknown> {
  const { trainingFiles, validationFiles, triggers, ...shape } = shapeOf(inputs);
  return { ...shape, jobType: jobTypeOf(inputs), ...(inputs.__suffix === "user" && { suffix: inputs.suffix }) };
}

/** Every declared value that the job has another for. A field that the server does not tell cannot be compared. */
function* differences(ours: unknown, theirs: unknown, path: PropertyKey[]): Generator<string> {
  if (theirs === undefined) return;
  if (typeof ours !== "object" || ours === null) {
    if (!isSame(ours, theirs)) yield `${pathText(path)} is declared as ${shown(ours)}, the job has ${shown(theirs)}`;
    return;
  }
  if (Array.isArray(ours) && Array.isArray(theirs) && ours.length !== theirs.length) {
    yield `${pathText(path)} has ${ours.length} elements, the job has ${theirs.length}`;
    return;
  }
  for (const [key, value] of Object.entries(ours)) {
    const other = (theirs as Record<string, unknown> | undefined)?.[snakeCase(key)];
    const step = Array.isArray(ours) ? Number(key) : key;
    yield* differences(value, other, [...path, step]);
  }
}

/** Servers keep numbers in 32 bits too. */
function isSame(ours: unknown, theirs: unknown): boolean {
  if (typeof ours !== "number" || typeof theirs !== "number") return ours === theirs;
  return Math.abs(ours - theirs) <= Math.abs(ours) * 1e-6;
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
    if (files.length !== ids.length)
      found.push(`${name} has ${files.length} elements, the job has ${ids.length} files`);
    else
      for (const [index, file] of files.entries())
        if (!(await isContentOf(client, file, ids[index] as string, signal)))
          found.push(`${name}[${index}] is not the job's file ${ids[index]}`);
  }
  return found;
}

/** As far as the server can tell: the name of an upload of ours has the content's hash, any other file only its size. */
async function isContentOf(client: MistralClient, file: DataFile, id: string, signal: AbortSignal): Promise<boolean> {
  if (file.fileId !== undefined) return file.fileId === id;
  const remote = await ifFound(client.files.get(id, { signal }));
  if (!remote) return true;
  if (isUploadName(remote.filename ?? "")) return remote.filename?.includes(file.sha256 as string) === true;
  return remote.bytes === undefined || remote.bytes === file.bytes;
}

const shown = (value: unknown) => (value === undefined ? "none" : JSON.stringify(value));

import { once } from "node:events";
import type { MistralClient } from "../../client";
import { describeFile } from "../../inputs/data/content";
import type { UploadedFiles } from "../../inputs/request";
import type { DataFile } from "../../schema/files";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { mapWithAbort } from "../runtime/mapWithAbort";
import { checkFileIds } from "./checkFileIds";
import { uploadFile } from "./uploadFile";
import { uploadProgress } from "./uploadProgress";

/**
 * Uploads what the API does not have yet, several files at a time. The IDs are in the order of the inputs. What was uploaded
 * before a failure stays: the next `pulumi up` finds it again.
 */
export async function uploadFiles(
  client: MistralClient,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<UploadedFiles> {
  await checkFileIds(client, inputs, signal);
  const { trainingFiles = [], validationFiles = [] } = inputs;
  const files: DataFile[] = [...trainingFiles, ...validationFiles];
  const ids = await mapWithAbort(
    files,
    signal,
    async (file, stop) => file.fileId ?? ensureUploaded(client, file, inputs, host, stop),
  );
  return { training: ids.slice(0, trainingFiles.length), validation: ids.slice(trainingFiles.length) };
}

/**
 * The name under which a file is uploaded: its content hash, so that an upload is found again and shared. With an explicit
 * suffix, which any number of declarations may use, the identity of this one stands in it as well: that is how its job is
 * recognised.
 */
export function uploadName(file: DataFile, inputs: Pick<Inputs, "__suffix" | "__identity">): string {
  const identity = inputs.__suffix === "user" ? `-${inputs.__identity}` : "";
  return `pulumi-${file.sha256}${identity}.jsonl`;
}

/** Whether a file was uploaded by this provider. */
export const isUploadName = (name: string) => /^pulumi-[0-9a-f]{64}(-[0-9a-f]{64})?\.jsonl$/.test(name);

/** Uploads under way, by name: the jobs of a stack often share their data, and are created at the same time. */
const uploadsInProgress = new WeakMap<MistralClient, Map<string, Promise<string>>>();

async function ensureUploaded(
  client: MistralClient,
  file: DataFile,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<string> {
  const name = uploadName(file, inputs);
  const uploads = uploadsInProgress.get(client) ?? new Map<string, Promise<string>>();
  uploadsInProgress.set(client, uploads);
  for (;;) {
    const other = uploads.get(name);
    if (!other) break;
    // Where it fails for its own resource, which may just have been told to stop, this one tries by itself.
    signal.throwIfAborted();
    const stopped = once(signal, "abort").then(() => undefined);
    const id = await Promise.race([other.catch(() => undefined), stopped]);
    if (id !== undefined) return id;
    signal.throwIfAborted();
  }
  const upload = findOrUpload(client, file, name, inputs, host, signal).finally(() => uploads.delete(name));
  uploads.set(name, upload);
  return upload;
}

/** The files that the API has already. @returns undefined unless it has all of them */
export async function findUploads(
  client: MistralClient,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<UploadedFiles | undefined> {
  const find = (files: DataFile[] = []) =>
    Promise.all(files.map((file) => file.fileId ?? findUpload(client, file, uploadName(file, inputs), signal)));
  const [training, validation] = await Promise.all([find(inputs.trainingFiles), find(inputs.validationFiles)]);
  if ([...training, ...validation].includes(undefined)) return undefined;
  return { training: training as string[], validation: validation as string[] };
}

async function findUpload(
  client: MistralClient,
  file: DataFile,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const found of client.files.listAll({ search: name, purpose: "fine-tune" }, { signal })) {
    // One of another size is none of this provider's, whatever its name.
    if (found.filename === name && found.bytes === file.bytes && !found.deleted) return found.id;
  }
  return undefined;
}

async function findOrUpload(
  client: MistralClient,
  file: DataFile,
  name: string,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<string> {
  const existing = await findUpload(client, file, name, signal);
  if (existing !== undefined) return existing;
  const say = (line: string) => host.log(inputs.__urn, line, "progress");
  const onProgress = uploadProgress(describeFile(file), host.clock, say);
  return (await uploadFile(client, file, name, { signal, onProgress })).id;
}

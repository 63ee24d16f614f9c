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
 * Uploads the files that the server does not have yet, several at a time. Returns the IDs in the order of the inputs. Files
 * uploaded before a failure stay on the server, and the next `pulumi up` reuses them.
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
 * Returns the upload name of a file. The name contains the content hash, so that later runs and other jobs reuse the upload. With
 * an explicit suffix, which several resources may use, the name also contains the identity, so that the job can be found.
 */
export function uploadName(file: DataFile, inputs: Pick<Inputs, "__suffix" | "__identity">): string {
  const identity = inputs.__suffix === "user" ? `-${inputs.__identity}` : "";
  return `pulumi-${file.sha256}${identity}.jsonl`;
}

/** Returns the content hash in the name of a file that this provider uploaded; undefined for any other name. */
export const uploadedHash = (name: string) => /^pulumi-([0-9a-f]{64})(-[0-9a-f]{64})?\.jsonl$/.exec(name)?.[1];

/** Whether a file's name shows that this provider uploaded it. */
export const isUploadName = (name: string) => uploadedHash(name) !== undefined;

/** Uploads in progress, by name: the jobs of a stack often share data and are created at the same time. */
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
    // The other upload may fail or be aborted with its own resource; then this resource uploads the file itself.
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

/** Returns the IDs of the files on the server, or undefined if at least one file is missing. */
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
    // A file of another size has other content, even under the same name.
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
  const log = (line: string) => host.log(inputs.__urn, line, "progress");
  const onProgress = uploadProgress(describeFile(file), host.clock, log);
  return (await uploadFile(client, file, name, { signal, onProgress })).id;
}

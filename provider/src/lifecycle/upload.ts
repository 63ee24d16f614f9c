import type { FileSource, MistralClient } from "../client";
import { open } from "../inputs/content";
import type { UploadedFiles } from "../inputs/request";
import type { DataFile } from "../schema/files";
import type { Inputs } from "../schema/inputs";
import { checkGivenFiles } from "./givenFiles";

/** Uploads what the API does not have yet. The IDs are in the order of the inputs. */
export async function uploadFiles(client: MistralClient, inputs: Inputs, signal: AbortSignal): Promise<UploadedFiles> {
  await checkGivenFiles(client, inputs, signal);
  const upload = async (files: DataFile[] = []) => {
    const ids: string[] = [];
    for (const file of files) ids.push(file.fileId ?? (await ensureUploaded(client, file, inputs, signal)));
    return ids;
  };
  return { training: await upload(inputs.trainingFiles), validation: await upload(inputs.validationFiles) };
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
const underWay = new WeakMap<MistralClient, Map<string, Promise<string>>>();

async function ensureUploaded(
  client: MistralClient,
  file: DataFile,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<string> {
  const name = uploadName(file, inputs);
  const uploads = underWay.get(client) ?? new Map<string, Promise<string>>();
  underWay.set(client, uploads);
  for (;;) {
    const other = uploads.get(name);
    if (!other) break;
    // Where it fails for its own resource, which may just have been told to stop, this one tries by itself.
    const id = await other.catch(() => undefined);
    if (id !== undefined) return id;
    signal.throwIfAborted();
  }
  const upload = findOrUpload(client, file, name, signal).finally(() => uploads.delete(name));
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
    if (found.filename === name && found.bytes === file.bytes) return found.id;
  }
  return undefined;
}

async function findOrUpload(client: MistralClient, file: DataFile, name: string, signal: AbortSignal): Promise<string> {
  const there = await findUpload(client, file, name, signal);
  if (there !== undefined) return there;
  // The hash is verified on the way: a file that has changed since it was checked never becomes a job.
  const { id } = await client.files.upload(
    { ...sourceOf(file, name), sha256: file.sha256 },
    { purpose: "fine-tune", signal },
  );
  return id;
}

function sourceOf(file: DataFile, name: string): FileSource {
  if (file.path !== undefined) return { path: file.path, name };
  return { name, stream: () => open(file), bytes: file.bytes as number };
}

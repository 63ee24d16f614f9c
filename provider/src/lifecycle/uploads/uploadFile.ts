import type PQueue from "p-queue";
import {
  type File,
  FileChangedError,
  type FileSource,
  FileUnreadableError,
  type MistralClient,
  type UploadOptions,
} from "../../client";
import { describeFile, openAsset } from "../../inputs/data/content";
import type { DataFile } from "../../schema/files";

/** Concurrent uploads of all jobs in this process: more would only share the same bandwidth. */
const UPLOADS_AT_A_TIME = 3;

let queue: PQueue | undefined;

/** Loaded on the first upload, to keep the provider's start fast. */
function uploadQueue(): PQueue {
  if (queue === undefined) {
    const { default: Queue } = require("p-queue") as typeof import("p-queue");
    queue = new Queue({ concurrency: UPLOADS_AT_A_TIME });
  }
  return queue;
}

/**
 * Uploads a file through the shared queue and verifies its hash during the upload, so that a file that changed after `check` is
 * never used by a job.
 *
 * @throws Error when the file changed or cannot be read; no job has been created then
 */
export async function uploadFile(
  client: MistralClient,
  file: DataFile,
  name: string,
  options: UploadOptions & { signal: AbortSignal },
): Promise<File> {
  try {
    const upload = () => client.files.upload(sourceOf(file, name), { purpose: "fine-tune", ...options });
    return await uploadQueue().add(upload, { signal: options.signal });
  } catch (error) {
    if (error instanceof FileChangedError) {
      throw new Error(
        `${error.file} ${error.problem}. The upload was discarded and no job was created: after all programs have stopped writing to the file, run \`pulumi up\` again.`,
        { cause: error },
      );
    }
    if (error instanceof FileUnreadableError) {
      throw new Error(`${error.message} No job was created: make the file readable, then run \`pulumi up\` again.`, {
        cause: error,
      });
    }
    throw error;
  }
}

function sourceOf(file: DataFile, name: string): FileSource {
  const { path, sha256 } = file;
  const expected = { name, sha256, bytes: file.bytes as number, label: describeFile(file) };
  return path === undefined ? { ...expected, stream: () => openAsset(file) } : { ...expected, path };
}

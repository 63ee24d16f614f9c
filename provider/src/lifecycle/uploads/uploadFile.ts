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

/** For all jobs of this process together: more would only share the same line. */
const UPLOADS_AT_A_TIME = 3;

let queue: PQueue | undefined;

/** Left to the first upload, as the loading of what it takes is. */
function uploadQueue(): PQueue {
  if (queue === undefined) {
    const { default: Queue } = require("p-queue") as typeof import("p-queue");
    queue = new Queue({ concurrency: UPLOADS_AT_A_TIME });
  }
  return queue;
}

/**
 * Uploads a file when its turn has come. Its hash is verified on the way: a file that has changed since it was checked never
 * becomes a job.
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
        `${error.file} ${error.problem}. Nothing of it was kept, and no job was created: run \`pulumi up\` again when it no longer changes.`,
        { cause: error },
      );
    }
    if (error instanceof FileUnreadableError) {
      throw new Error(`${error.message} No job was created: run \`pulumi up\` again when it can be read.`, {
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

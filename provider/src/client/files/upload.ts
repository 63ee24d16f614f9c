import { createHash } from "node:crypto";
import { FileChangedError } from "../errors/errors";
import { type FileSource, type OpenSource, openSource } from "./fileSource";
import { type MultipartBody, multipart } from "./multipart";

/** Called with the number of bytes passed to the connection so far, and the file's total size in bytes. */
export type UploadProgress = (sentBytes: number, totalBytes: number) => void;

/**
 * Opens the source, passes its multipart body to `send`, and always closes the source. Uses constant memory. If the file's length
 * or content changes during the upload, the upload fails before the body ends, so the server never stores a complete wrong file.
 */
export async function uploadSource<T>(
  source: FileSource,
  purpose: string,
  onProgress: UploadProgress | undefined,
  send: (body: MultipartBody, source: OpenSource) => Promise<T>,
): Promise<T> {
  const opened = await openSource(source);
  // Prefer this error: the connection's error would only report an incomplete body.
  let failure: { error: unknown } | undefined;
  async function* content(): AsyncGenerator<Uint8Array> {
    try {
      yield* verified(opened, source.sha256, onProgress);
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const body = multipart(
    { name: "purpose", value: purpose },
    { name: "file", filename: opened.name, bytes: opened.bytes, content: content() },
  );
  try {
    return await send(body, opened);
  } catch (error) {
    throw failure ? failure.error : error;
  } finally {
    await opened.close();
  }
}

async function* verified(
  source: OpenSource,
  sha256: string | undefined,
  onProgress: UploadProgress | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = sha256 === undefined ? undefined : createHash("sha256");
  let sent = 0;
  for await (const chunk of source.content) {
    sent += chunk.byteLength;
    if (sent > source.bytes) {
      throw new FileChangedError(source.label, `is longer than the expected ${source.bytes} bytes`);
    }
    hash?.update(chunk);
    yield chunk;
    onProgress?.(sent, source.bytes);
  }
  if (sent < source.bytes) {
    throw new FileChangedError(source.label, `ended after ${sent} of the expected ${source.bytes} bytes`);
  }
  await source.assertUnchanged();
  if (hash !== undefined && hash.digest("hex") !== sha256?.toLowerCase()) {
    throw new FileChangedError(
      source.label,
      "does not have the expected SHA-256: its content changed after it was checked",
    );
  }
}

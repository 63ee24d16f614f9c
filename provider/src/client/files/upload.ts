import { createHash } from "node:crypto";
import { FileChangedError } from "../errors/errors";
import { type FileSource, type OpenSource, openSource } from "./fileSource";
import { type MultipartBody, multipart } from "./multipart";

/** Called with the bytes of the file that were handed to the connection so far, and all there are. */
export type UploadProgress = (sentBytes: number, totalBytes: number) => void;

/**
 * Opens the source, hands its multipart body to `send`, and closes it again, whatever happens. Memory does not grow
 * with the file. A file that turns out shorter, longer or other than it was fails before the body's end is sent, so
 * that the server never holds a whole, wrong file.
 */
export async function uploadSource<T>(
  source: FileSource,
  purpose: string,
  onProgress: UploadProgress | undefined,
  send: (body: MultipartBody, source: OpenSource) => Promise<T>,
): Promise<T> {
  const opened = await openSource(source);
  // The connection's own error would only say that there was no more to send.
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
      throw new FileChangedError(source.label, `is longer than the ${source.bytes} bytes that were expected`);
    }
    hash?.update(chunk);
    yield chunk;
    onProgress?.(sent, source.bytes);
  }
  if (sent < source.bytes) {
    throw new FileChangedError(source.label, `ended after ${sent} of the ${source.bytes} bytes that were expected`);
  }
  await source.assertUnchanged();
  if (hash !== undefined && hash.digest("hex") !== sha256?.toLowerCase()) {
    throw new FileChangedError(source.label, "no longer has the content (SHA-256) that it had when it was checked");
  }
}

import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import type { CancelableRequest, Response } from "got";
import { MEBIBYTE } from "#common";

/** The largest reply that the client reads, in bytes, compressed and decompressed. Real replies are smaller than 1 MiB. */
export const MAX_REPLY_BYTES = 32 * MEBIBYTE;

/** The encodings that `bodyOf` decompresses. */
export const ACCEPTED_ENCODINGS = "gzip, deflate, br";

const DECOMPRESS = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** The server sends more than the client reads. */
export class ReplyTooLarge extends Error {}

/** The reply to an upload does not end. */
export class ReplyTooSlow extends Error {}

/**
 * Waits for a reply, and closes the connection when the reply is too large, or does not end in time after an upload. got's own
 * timeout of a request would include the upload.
 *
 * @param afterUploadMs time limit from the end of the upload, in milliseconds; undefined without an upload
 * @throws {ReplyTooLarge | ReplyTooSlow}
 */
export async function receive(
  call: CancelableRequest<Response<string>>,
  afterUploadMs: number | undefined,
): Promise<Response<string>> {
  let stopped: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  const stop = (reason: Error) => {
    stopped ??= reason;
    call.cancel();
  };
  call.on("downloadProgress", ({ transferred, total = 0 }) => {
    if (Math.max(transferred, total) > MAX_REPLY_BYTES) stop(new ReplyTooLarge());
  });
  call.on("uploadProgress", ({ percent }) => {
    if (percent === 1 && afterUploadMs !== undefined) {
      timer ??= setTimeout(() => stop(new ReplyTooSlow()), afterUploadMs);
    }
  });
  try {
    return await call;
  } catch (error) {
    throw stopped ?? error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns the text of a reply. got does not decompress replies, because it has no limit for the decompressed size.
 *
 * @returns an empty text when the compressed data is invalid
 * @throws {ReplyTooLarge} the decompressed text is too large
 */
export async function bodyOf({ body, headers }: Response): Promise<string> {
  if (!Buffer.isBuffer(body)) return typeof body === "string" ? body : "";
  const encoding = String(headers["content-encoding"]).toLowerCase() as keyof typeof DECOMPRESS;
  try {
    return (await DECOMPRESS[encoding](body, { maxOutputLength: MAX_REPLY_BYTES })).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw new ReplyTooLarge();
    return "";
  }
}

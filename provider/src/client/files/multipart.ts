import { randomBytes } from "node:crypto";

/** A `multipart/form-data` body of known length. */
export interface MultipartBody {
  headers: { "content-type": string; "content-length": string };
  /** A chunk is only valid until the next one is requested. */
  content: AsyncIterable<Uint8Array>;
}

/**
 * Encodes one field and one file as browsers do (WHATWG).
 *
 * No library fits: Node's FormData only accepts a Blob, whose memory grows with the file, and form-data-encoder corrupts chunks
 * over 64 KiB that are views into a larger buffer.
 *
 * @param file `bytes` must be the exact length of `content`
 */
export function multipart(
  field: { name: string; value: string },
  file: { name: string; filename: string; bytes: number; content: AsyncIterable<Uint8Array> },
): MultipartBody {
  const boundary = `----pulumi-mistral-${randomBytes(16).toString("hex")}`;
  // The field comes first, so that a server that streams the file already knows the field.
  const head = Buffer.from(
    [
      `--${boundary}`,
      `Content-Disposition: form-data; name="${field.name}"`,
      "",
      field.value,
      `--${boundary}`,
      `Content-Disposition: form-data; name="${file.name}"; filename="${escapeName(file.filename)}"`,
      "Content-Type: application/octet-stream",
      "",
      "",
    ].join("\r\n"),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": String(head.length + file.bytes + tail.length),
    },
    content: (async function* () {
      yield head;
      yield* file.content;
      yield tail;
    })(),
  };
}

function escapeName(name: string): string {
  return name.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
}

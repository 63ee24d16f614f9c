import { randomBytes } from "node:crypto";

/** A `multipart/form-data` body whose length is known before it is read. */
export interface MultipartBody {
  headers: { "content-type": string; "content-length": string };
  /** A chunk holds until the next one is asked for. */
  content: AsyncIterable<Uint8Array>;
}

/**
 * One field and one file, in the form that browsers send (WHATWG).
 *
 * Written here because what there is does not do: Node's own FormData takes only a Blob, whose memory grows with the
 * file, and form-data-encoder corrupts chunks over 64 KiB that are views into a larger buffer.
 *
 * @param bytes length of `content`, which the caller answers for
 */
export function multipart(
  field: { name: string; value: string },
  file: { name: string; filename: string; bytes: number; content: AsyncIterable<Uint8Array> },
): MultipartBody {
  const boundary = `----pulumi-mistral-${randomBytes(16).toString("hex")}`;
  // The field comes first, so that a server that streams the file knows it by then.
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

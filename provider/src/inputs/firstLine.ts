/** A first line that is longer than this is not looked at. */
export const LOOKED_AT_BYTES = 256 * 1024;

/**
 * A first look at a data file: whether its first line is a JSON object, or may be one. It tells a CSV file, a JSON array or an
 * archive from JSONL; what the samples hold is for the server to say.
 *
 * @param head the beginning of the file
 * @param bytes the size of the whole file
 */
export function beginsWithJson(head: Buffer, bytes: number): boolean {
  const end = head.indexOf("\n");
  if (end === -1 && head.length < bytes) return true;
  const line = head
    .toString("utf8", 0, end === -1 ? head.length : end)
    .replace(/^\uFEFF/, "")
    .trim();
  if (line === "") return true;
  try {
    const sample: unknown = JSON.parse(line);
    return typeof sample === "object" && sample !== null && !Array.isArray(sample);
  } catch {
    return false;
  }
}

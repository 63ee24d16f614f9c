import type { StoredFile } from "../../store/files";
import { seconds } from "./time";

/** Converts a file to the API's format. `sha256` is an extension. */
export function fileReply(file: StoredFile) {
  return {
    id: file.id,
    object: "file",
    bytes: file.bytes,
    created_at: seconds(file.created_at),
    filename: file.filename,
    purpose: file.purpose,
    sample_type: file.sample_type,
    num_lines: file.num_lines,
    mimetype: file.mimetype,
    source: file.source,
    visibility: "workspace",
    sha256: file.sha256,
  };
}

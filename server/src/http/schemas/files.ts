import { z } from "zod";
import { optional, text } from "../../domain/fields";
import { FilePurpose, SampleType } from "../../domain/file";
import { MAX_EXPIRY_HOURS } from "../signedUrls";
import { paging, param } from "./common";

/**
 * The parts of an upload. `file` is the file name. The content is streamed to disk and validated when a job uses it.
 */
export const uploadParts = z.strictObject({
  file: text(255),
  purpose: FilePurpose.default("fine-tune"),
  visibility: z.literal("workspace", "Must be workspace: all keys of a workspace share its files").optional(),
});

export const listFilesQuery = z.strictObject({
  ...paging,
  include_total: param.boolean.default(true),
  sample_type: optional(param.list(SampleType)),
  source: optional(param.list(z.enum(["upload", "repository", "mistral"]))),
  search: optional(param.text),
  purpose: optional(FilePurpose),
  mimetypes: optional(param.list(param.text)),
});

/** `expiry`: hours until the URL expires; 24 by default, 168 at most. */
export const fileUrlQuery = z.strictObject({ expiry: param.integer(1, MAX_EXPIRY_HOURS).default(24) });

export const contentQuery = z.strictObject({ expires: param.text.optional(), signature: param.text.optional() });

import { z } from "zod";

export const FilePurpose = z.enum(["fine-tune", "batch", "ocr"]);
export type FilePurpose = z.infer<typeof FilePurpose>;

export const SampleType = z.enum(["pretrain", "instruct", "batch_request", "batch_result", "batch_error"]);
export type SampleType = z.infer<typeof SampleType>;

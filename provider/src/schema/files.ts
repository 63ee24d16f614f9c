import { z } from "zod";
import { isAsset, normalizeFile } from "./assets";

const weight = z.number().positive().optional().meta({
  description: "Relative weight of this file in the training mix. Default: 1.",
});

/** The fields of every data file: exactly one of `path`, `asset` and `fileId`, and the facts that `check` adds. */
const source = {
  path: z.string().min(1).optional().meta({
    description: "Path of a JSONL file, relative to the program's folder.",
  }),
  asset: z.custom<object>(isAsset, "expected a pulumi.asset.FileAsset, StringAsset or RemoteAsset").optional().meta({
    description: "A Pulumi asset: `FileAsset`, `StringAsset` or `RemoteAsset`.",
    asset: true,
  }),
  fileId: z.string().min(1).optional().meta({
    description: "ID of a file that already exists on the server. The provider uses it unchanged and never deletes it.",
  }),
  sha256: z.string().optional().meta({ description: "SHA-256 of the content, in hex.", internal: true }),
  bytes: z.int().optional().meta({ description: "Size of the content in bytes.", internal: true }),
  samples: z.int().optional().meta({ description: "Number of valid samples in the content.", internal: true }),
};

const oneSource = (file: { path?: unknown; asset?: unknown; fileId?: unknown }) =>
  [file.path, file.asset, file.fileId].filter((value) => value !== undefined).length === 1;
const ONE_SOURCE = "expected exactly one of path, asset and fileId";

export const trainingFile = z.preprocess(
  normalizeFile,
  z
    .strictObject({ ...source, weight })
    .refine(oneSource, ONE_SOURCE)
    .meta({ id: "TrainingFile", description: "A file of training samples.", shorthand: true }),
);

export const validationFile = z.preprocess(
  normalizeFile,
  z
    .strictObject(source)
    .refine(oneSource, ONE_SOURCE)
    .meta({ id: "ValidationFile", description: "A file of validation samples.", shorthand: true }),
);

/** A training or validation file in the state. */
export type DataFile = z.output<typeof trainingFile>;

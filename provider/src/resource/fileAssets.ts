import * as pulumi from "@pulumi/pulumi";
import type { FineTuningJobArgs } from "./types.generated";

/**
 * Replaces every `FileAsset` by its path, as `check` does. Otherwise the engine would read the whole file to hash it, and print a
 * stack trace when the file is missing.
 */
export function fileAssetsToPaths(args: FineTuningJobArgs): FineTuningJobArgs {
  const { trainingFiles, validationFiles } = args;
  return {
    ...args,
    ...(Array.isArray(trainingFiles) && { trainingFiles: trainingFiles.map(fileAssetToPath) }),
    ...(Array.isArray(validationFiles) && { validationFiles: validationFiles.map(fileAssetToPath) }),
  };
}

function fileAssetToPath<File>(file: File): File | pulumi.Input<string> | { path: pulumi.Input<string> } {
  if (isFileAsset(file)) return file.path;
  if (typeof file !== "object" || file === null || pulumi.Output.isInstance(file)) return file;
  const { asset, ...rest } = file as { asset?: unknown };
  return isFileAsset(asset) ? { ...rest, path: asset.path } : file;
}

const isFileAsset = (value: unknown): value is pulumi.asset.FileAsset =>
  pulumi.asset.Asset.isInstance(value) && "path" in value;

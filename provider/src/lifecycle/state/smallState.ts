import { isAsset } from "../../schema/assets";
import type { DataFile } from "../../schema/files";
import type { Outputs } from "./outputs";

/**
 * An init error travels in the trailer of a gRPC reply, where the engine accepts 16 MiB. A larger trailer fails as a whole, and the
 * job's ID is lost with it. Base64 and the encoding of values make the trailer up to four times as large as the JSON text.
 */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Returns the state that an init error can carry. Only a large state is reduced: first by the texts of its string assets, then by the
 * job's events and checkpoints. Everything that `diff` compares stays, so that a smaller state causes no replacement.
 */
export function smallState(state: Outputs): Outputs {
  return [withoutAssetTexts, withoutHistory].reduce((now, reduce) => (isLarge(now) ? reduce(now) : now), state);
}

const isLarge = (state: Outputs) => Buffer.byteLength(JSON.stringify(state)) > MOST_BYTES;

/** Keeps each asset's marker and hash, like the engine, which sends a provider no contents of recorded assets. */
function withoutAssetTexts(state: Outputs): Outputs {
  const { trainingFiles, validationFiles } = state;
  return {
    ...state,
    ...(trainingFiles && { trainingFiles: trainingFiles.map(withoutText) }),
    ...(validationFiles && { validationFiles: validationFiles.map(withoutText) }),
  };
}

function withoutText<File extends DataFile>(file: File): File {
  if (!isAsset(file.asset)) return file;
  const { text, ...asset } = file.asset;
  return { ...file, asset };
}

/** The next refresh or update reads both again. */
const withoutHistory = (state: Outputs): Outputs => ({ ...state, events: [], checkpoints: [] });

/** The key and the value that mark an asset in Pulumi's wire format (`pulumi.runtime.specialSigKey`, `specialAssetSig`). */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";

/** An asset in Pulumi's wire format. */
export interface WireAsset {
  /** SHA-256 of the content in hex, as the engine computed it. */
  hash?: string;
  path?: string;
  text?: string;
  uri?: string;
}

/** Whether a value is an asset in Pulumi's wire format. */
export function isAsset(value: unknown): value is WireAsset {
  return typeof value === "object" && value !== null && Reflect.get(value, SIGNATURE_KEY) === ASSET_SIGNATURE;
}

/**
 * Converts the short forms of a data file to the long form: a string becomes `{path}`, an asset becomes `{asset}`, and a `FileAsset`
 * becomes its path, so that switching between the forms causes no diff.
 */
export function normalizeFile(value: unknown): unknown {
  if (typeof value === "string") return { path: value };
  if (isAsset(value)) return value.path === undefined ? { asset: value } : { path: value.path };
  if (typeof value === "object" && value !== null && "asset" in value && isAsset(value.asset) && value.asset.path) {
    const { asset, ...rest } = value;
    return { ...rest, path: asset.path };
  }
  return value;
}

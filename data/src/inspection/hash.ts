import xxhash from "xxhash-wasm";

let loading: ReturnType<typeof xxhash> | undefined;

/** Loads the function that returns the 64-bit hash of a sample. */
export async function loadHash(): Promise<(bytes: Uint8Array) => bigint> {
  loading ??= xxhash();
  return (await loading).h64Raw;
}

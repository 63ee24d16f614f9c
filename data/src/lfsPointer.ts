const LFS_POINTER = Buffer.from("version https://git-lfs.github.com/spec/");

/** Whether a file is a Git LFS pointer: a small text that a checkout contains when `git lfs pull` was not run. */
export function isLfsPointer(firstBytes: Buffer): boolean {
  return firstBytes.subarray(0, LFS_POINTER.length).equals(LFS_POINTER);
}

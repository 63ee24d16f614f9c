/** Offsets in a 64-bit PE file. */
const HEADER_OFFSET = 0x3c;
const CERTIFICATES_OFFSET = 24 + 112 + 4 * 8;

/**
 * Removes the publisher's signature from a Windows program: the signature would not match the changed program.
 *
 * @throws Error when other content follows the signature
 */
export function withoutWindowsSignature(program: Buffer): Buffer {
  const directory = program.readUInt32LE(HEADER_OFFSET) + CERTIFICATES_OFFSET;
  const start = program.readUInt32LE(directory);
  const size = program.readUInt32LE(directory + 4);
  if (size === 0) return program;
  if (start + size !== program.length) throw new Error("the signature is not at the end of the Windows program");
  const unsigned = Buffer.from(program.subarray(0, start));
  unsigned.fill(0, directory, directory + 8);
  return unsigned;
}

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { requireMacSignature } from "../../tools/release/executable/macSignature";
import { withoutWindowsSignature } from "../../tools/release/executable/windowsSignature";

describe("the signature of a Windows program", () => {
  const header = 0x80;
  const directory = header + 24 + 112 + 4 * 8;

  function program(signature: Buffer): Buffer {
    const code = Buffer.alloc(0x400, 7);
    code.writeUInt32LE(header, 0x3c);
    code.writeUInt32LE(signature.length > 0 ? code.length : 0, directory);
    code.writeUInt32LE(signature.length, directory + 4);
    return Buffer.concat([code, signature]);
  }

  it("is removed, and the rest is kept", () => {
    const unsigned = withoutWindowsSignature(program(Buffer.alloc(64, 1)));
    assert.deepEqual(unsigned, program(Buffer.alloc(0)));
  });

  it("may be absent", () => {
    assert.deepEqual(withoutWindowsSignature(program(Buffer.alloc(0))), program(Buffer.alloc(0)));
  });

  it("is not removed when other content follows, which would be lost", () => {
    const followed = Buffer.concat([program(Buffer.alloc(64, 1)), Buffer.from("more")]);
    assert.throws(() => withoutWindowsSignature(followed), /not at the end/);
  });
});

describe("the signature of a macOS program", () => {
  const limit = 5000;

  /** A program of two pages, with one load command and a signature of one part. */
  function signed(): Buffer {
    const content = Buffer.alloc(limit, 7);
    content.writeUInt32LE(1, 16);
    content.writeUInt32LE(0x1d, 32);
    content.writeUInt32LE(16, 36);
    content.writeUInt32LE(limit, 40);
    content.writeUInt32LE(20 + 44 + 64, 44);
    const directory = Buffer.alloc(44);
    directory.writeUInt32BE(0xfade0c02, 0);
    directory.writeUInt32BE(44, 16);
    directory.writeUInt32BE(2, 28);
    directory.writeUInt32BE(limit, 32);
    directory.writeUInt8(12, 39);
    const parts = Buffer.alloc(20);
    parts.writeUInt32BE(1, 8);
    parts.writeUInt32BE(20, 16);
    const hashes = [content.subarray(0, 4096), content.subarray(4096)].map((page) =>
      createHash("sha256").update(page).digest(),
    );
    return Buffer.concat([content, parts, directory, ...hashes]);
  }

  it("is accepted when it matches the program", () => {
    requireMacSignature(signed());
  });

  it("is refused when a page has changed", () => {
    const changed = signed();
    changed.writeUInt8(8, 4999);
    assert.throws(() => requireMacSignature(changed), /does not match page 1/);
  });

  it("is refused when it does not cover the whole program", () => {
    const partly = signed();
    partly.writeUInt32BE(1, limit + 20 + 28);
    partly.writeUInt32BE(4096, limit + 20 + 32);
    assert.throws(() => requireMacSignature(partly), /does not cover the whole program/);
  });

  it("is refused when it is absent", () => {
    const unsigned = signed();
    unsigned.writeUInt32LE(0x1b, 32);
    assert.throws(() => requireMacSignature(unsigned), /has no signature/);
  });
});

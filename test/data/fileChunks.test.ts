import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileChunks } from "../../data/src";

describe("reading a file in chunks", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "chunks-"));
  });
  after(() => rm(folder, { recursive: true }));

  for (const size of [0, 1, 262_144, 1_000_000]) {
    it(`yields all ${size} bytes in order`, async () => {
      const path = join(folder, String(size));
      await writeFile(path, randomBytes(size));
      const chunks: Buffer[] = [];
      for await (const chunk of fileChunks(path)) chunks.push(Buffer.from(chunk));
      assert.ok(Buffer.concat(chunks).equals(await readFile(path)));
    });
  }

  it("can be stopped early", async () => {
    for await (const chunk of fileChunks(join(folder, "1000000"))) {
      assert.equal(chunk.length, 262_144);
      break;
    }
  });
});

import assert from "node:assert/strict";
import { UNKNOWN } from "../../../../provider/src/inputs/unknowns";
import { changedData } from "../../../../provider/src/lifecycle/preview/dataDiff";

describe("the changes in the data", () => {
  const before = { path: "train.jsonl", sha256: "a1".repeat(32), bytes: 2_100_000, samples: 1200 };
  const after = { path: "train.jsonl", sha256: "b2".repeat(32), bytes: 2_200_000, samples: 1250 };
  const changed = (olds: unknown[], news: unknown[] | string) =>
    changedData({ trainingFiles: olds }, { trainingFiles: news });

  it("show samples, bytes and the start of the hash", () => {
    assert.deepEqual(changed([before], [after]), [
      "trainingFiles[0]: train.jsonl: 1,200 samples → 1,250 samples, 2.1 MB → 2.2 MB, SHA-256 a1a1a1a → SHA-256 b2b2b2b",
    ]);
  });

  it("are empty when only the path or the weight differs", () => {
    assert.deepEqual(changed([before], [{ ...before, path: "moved.jsonl", weight: 2 }]), []);
  });

  it("show added and removed files, and files given by ID", () => {
    const given = { fileId: "f-1" };
    assert.deepEqual(changed([before], [before, after]), [
      "trainingFiles[1]: added train.jsonl (1,250 samples, 2.2 MB, SHA-256 b2b2b2b)",
    ]);
    assert.deepEqual(changed([before, given], [before]), ["trainingFiles[1]: removed the file f-1"]);
    assert.deepEqual(changed([before], [given]), [
      "trainingFiles[0]: train.jsonl (1,200 samples, 2.1 MB, SHA-256 a1a1a1a) → the file f-1",
    ]);
  });

  it("show unknown facts of an earlier version's state as unknown", () => {
    const { samples, ...old } = before;
    assert.deepEqual(changed([old], [after]), [
      "trainingFiles[0]: train.jsonl: ? samples → 1,250 samples, 2.1 MB → 2.2 MB, SHA-256 a1a1a1a → SHA-256 b2b2b2b",
    ]);
  });

  it("are empty for unknown values", () => {
    assert.deepEqual([changed([before], UNKNOWN), changed([before], [UNKNOWN])], [[], []]);
  });
});

import assert from "node:assert/strict";
import { isSystemError } from "../../../server/src/domain/systemError";
import { folderErrorMessage } from "../../../server/src/trainers/program/createJobFolder";

const failed = (code: string) => Object.assign(new Error(`${code}: failed`), { code });

describe("server: the codes of errors", () => {
  for (const code of ["E2BIG", "ENAMETOOLONG", "ELOOP", "EFBIG", "ENOENT", "EEXIST"]) {
    it(`${code} is about one job, and is not retried`, () => {
      assert.equal(isSystemError(failed(code)), false);
    });
  }

  for (const code of ["EMFILE", "EIO", "EDQUOT", "EAI_AGAIN", "SQLITE_FULL", "SQLITE_IOERR_WRITE"]) {
    it(`${code} is about the machine, and is retried`, () => {
      assert.equal(isSystemError(failed(code)), true);
    });
  }

  for (const code of ["ENOSPC", "EDQUOT"]) {
    it(`${code} fails a job whose folder does not fit on the disk`, () => {
      assert.match(folderErrorMessage(failed(code)), /^The disk that holds the server's data is full/);
    });
  }
});

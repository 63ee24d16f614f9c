import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { endProgram } from "../../../../server/src/trainers/process/endProgram";
import type { AttachedRun } from "../../../../server/src/trainers/process/observeRun";
import { identityOf } from "../../../../server/src/trainers/process/processIdentity";
import { JobFolder } from "../../../../server/src/trainers/program/jobFolder";
import { folder, removeFolders } from "../../support";

describe("server: the end of a program whose attempt is not recorded", () => {
  let group: ChildProcess;
  let jobFolder: JobFolder;

  beforeEach(async () => {
    group = spawn("sleep", ["30"], { detached: true, stdio: "ignore" });
    await once(group, "spawn");
    jobFolder = new JobFolder(folder(), "job");
    mkdirSync(jobFolder.path, { recursive: true });
  });

  afterEach(() => {
    group.kill("SIGKILL");
    removeFolders();
  });

  const attached = (runner: Pick<ChildProcess, "exitCode" | "signalCode">) =>
    ({ runner: { ...runner, pid: group.pid } }) as AttachedRun;

  it("kills a runner that is running", async () => {
    await endProgram(jobFolder, attached({ exitCode: null, signalCode: null }));
    assert.equal(identityOf(group.pid as number), undefined);
  });

  // Every runner ends by killing its own group. The system can give its process ID to another training.
  it("does not kill the process that now has the ID of a runner that was killed", async () => {
    await endProgram(jobFolder, attached({ exitCode: null, signalCode: "SIGKILL" }));
    assert.notEqual(identityOf(group.pid as number), undefined);
  });
});

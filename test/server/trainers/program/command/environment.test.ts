import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseOptions } from "../../../../../server/src/cli/options";
import { programEnvironment, withoutGpu } from "../../../../../server/src/trainers/program/command/environment";
import { acceptOomKiller } from "../../../../../server/src/trainers/program/command/oomScore";
import { folder, removeFolders } from "../../../support";

describe("server: the environment of training programs", () => {
  const before = { ...process.env };
  const useful = { HF_TOKEN: "1", HTTPS_PROXY: "2", NCCL_DEBUG: "3", AWS_PROFILE: "4", LD_LIBRARY_PATH: "5" };
  const ofServer = {
    ...{ MISTRAL_SERVER_API_KEYS: "a", RAY_AUTH_TOKEN: "b", RAY_JOB_HEADERS: "c", CREDENTIALS_DIRECTORY: "d" },
    ...{ NOTIFY_SOCKET: "e", LISTEN_FDS: "f", INVOCATION_ID: "g", WATCHDOG_USEC: "h", JOURNAL_STREAM: "i" },
    ...{ MISTRAL_SERVER_WEBHOOK_SECRET: "j", MISTRAL_SERVER_WEBHOOKS: "k" },
  };
  beforeEach(() => Object.assign(process.env, useful, ofServer));
  afterEach(() => {
    process.env = { ...before };
    removeFolders();
  });

  it("contains the user's variables and the job's secrets, but nothing that is meant for the server", () => {
    const env = programEnvironment()({ WANDB_API_KEY: "w" });
    for (const [name, value] of Object.entries({ ...useful, WANDB_API_KEY: "w", PATH: before.PATH })) {
      assert.equal(env[name], value, name);
    }
    for (const name of Object.keys(ofServer)) assert.ok(!(name in env), name);
  });

  it("contains only the variables of --trainer-env and those that every program needs", () => {
    const options = parseOptions(["--trainer-env", "HF_TOKEN, NCCL_*"], {});
    assert.ok(typeof options === "object");
    const env = programEnvironment(options.trainerEnv)({ REPOSITORY_TOKEN_1: "t" });
    const allowed =
      /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|PYTHONUNBUFFERED|HF_TOKEN|NCCL_DEBUG|REPOSITORY_TOKEN_1)$/;
    assert.deepEqual(
      Object.keys(env).filter((name) => !allowed.test(name)),
      [],
    );
    assert.deepEqual([env.HF_TOKEN, env.NCCL_DEBUG, env.REPOSITORY_TOKEN_1, env.PATH], ["1", "3", "t", before.PATH]);
    assert.equal(withoutGpu(env).CUDA_VISIBLE_DEVICES, "");
  });

  it("is rejected when a name of --trainer-env is invalid", () => {
    for (const names of ["", "A,", "*", "A=1", "A B"]) {
      assert.throws(() => parseOptions(["--trainer-env", names], {}), /--trainer-env takes names/, names);
    }
  });

  it("never includes the server's protection from the out-of-memory killer", () => {
    const path = join(folder(), "oom_score_adj");
    for (const [score, expected] of [
      ["-500\n", "0"],
      ["0\n", "0\n"],
      ["300\n", "300\n"],
    ] as const) {
      writeFileSync(path, score);
      acceptOomKiller(path);
      assert.equal(readFileSync(path, "utf8"), expected);
    }
    acceptOomKiller(join(folder(), "missing"));
  });
});

import assert from "node:assert/strict";
import { run } from "../process";
import { Api, folder, withServer } from "../support";

describe("server: rotate-signing-key", () => {
  const api = withServer();

  it("makes all signed URLs of a running server invalid, and new ones work", async () => {
    const id = await api.fileId("content\n", "train.jsonl");
    const status = async (url: string) => (await new Api("").send(url, {})).status;
    const urlOf = async () => (await api.ok("GET", `/v1/files/${id}/url`)).url as string;
    const url = await urlOf();
    assert.equal(await status(url), 200);
    const { code, stdout } = await run(["rotate-signing-key", "--data", api.dataDir]);
    assert.deepEqual([code, stdout.startsWith("Replaced the signing key in")], [0, true]);
    assert.equal(await status(url), 403);
    assert.equal(await status(await urlOf()), 200);
  });

  it("fails on a folder without data", async () => {
    const { code, stderr } = await run(["rotate-signing-key", "--data", folder()]);
    assert.equal(code, 2);
    assert.match(stderr, /contains no data of a server; check --data/);
  });
});

import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import { Api, folder, type Json, removeFolders, withServer } from "../../support";
import { TrainingServer } from "../../trainings";

/** Returns the files of a tar archive by name. */
async function unpack(tar: Uint8Array): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const entry of Readable.from([tar]).pipe(extract())) {
    files.set(entry.header.name, await buffer(entry));
  }
  return files;
}

describe("server: the artifact of a training", function () {
  this.timeout(60_000);
  let server: TrainingServer;
  let api: Api;
  let job: Json;

  before(async () => {
    server = new TrainingServer({ m: { bytes: 3_000_000 } });
    api = new Api((await server.start("--api-key", "a-key")).url, "a-key");
    job = await api.trained({ model: "m", suffix: "mine" });
  });

  after(async () => {
    await server.stop();
    removeFolders();
  });

  it("is a tar file of the announced size", async () => {
    symlinkSync("/etc/passwd", server.path(job.id, "artifact/link"));
    const response = await fetch(job.artifact.url, { headers: { authorization: "Bearer a-key" } });
    assert.equal(response.status, 200);
    const tar = new Uint8Array(await response.arrayBuffer());
    assert.equal(Number(response.headers.get("content-length")), tar.length);
    const root = job.fine_tuned_model.replaceAll(":", "-");
    assert.equal(response.headers.get("content-disposition"), `attachment; filename="${root}.tar"`);
    const files = await unpack(tar);
    assert.deepEqual([...files.keys()], [`${root}/adapter_config.json`, `${root}/nested/weights.bin`]);
    assert.deepEqual(files.get(`${root}/nested/weights.bin`), Buffer.alloc(3_000_000, 7));
    const config = readFileSync(server.path(job.id, "artifact/adapter_config.json"));
    assert.deepEqual(files.get(`${root}/adapter_config.json`), config);
    assert.equal(job.artifact.bytes, 3_000_000 + config.length);
  });

  it("does not contain the files of a linked folder", async () => {
    const elsewhere = folder();
    writeFileSync(join(elsewhere, "secret"), "not for users");
    symlinkSync(elsewhere, server.path(job.id, "artifact/linked"));
    symlinkSync(elsewhere, server.path(job.id, "artifact/nested/linked"));
    const response = await fetch(job.artifact.url, { headers: { authorization: "Bearer a-key" } });
    const files = await unpack(new Uint8Array(await response.arrayBuffer()));
    const names = [...files.keys()].map((name) => name.slice(name.indexOf("/") + 1));
    assert.deepEqual(names, ["adapter_config.json", "nested/weights.bin"]);
  });

  // Windows has no such file names.
  (process.platform === "win32" ? it.skip : it)("has no names that leave the folder", async () => {
    const path = server.path(job.id, "artifact/..\\..\\outside");
    writeFileSync(path, "");
    const response = await fetch(job.artifact.url, { headers: { authorization: "Bearer a-key" } });
    const names = [...(await unpack(new Uint8Array(await response.arrayBuffer()))).keys()];
    rmSync(path);
    assert.ok(
      names.some((name) => name.endsWith("/.._.._outside")),
      names.join(),
    );
  });

  it("is shown in the job, in lists and in the model", async () => {
    const { data } = await api.ok("GET", "/v1/fine_tuning/jobs");
    const model = await api.ok("GET", `/v1/models/${job.fine_tuned_model}`);
    assert.deepEqual([data[0].artifact, model.artifact], [job.artifact, job.artifact]);
  });

  it("requires an API key", async () => {
    assert.equal((await fetch(job.artifact.url)).status, 401);
  });

  it("remains when the model is archived, and is deleted with the model", async () => {
    const path = `/v1/fine_tuning/models/${job.fine_tuned_model}`;
    const folder = server.path(job.id, "artifact");
    await api.ok("POST", `${path}/archive`);
    assert.equal((await api.call("GET", `${path}/artifact`)).status, 200);
    await api.ok("DELETE", `/v1/models/${job.fine_tuned_model}`);
    assert.ok(!existsSync(folder));
    assert.equal((await api.call("GET", `${path}/artifact`)).status, 404);
    assert.equal((await api.getJob(job.id)).artifact, undefined);
  });

  it("is deleted when the last hold ends, also when the server is killed before or after the commit", async () => {
    const held = await api.trained({ model: "m" });
    const hold = "/v1/fine_tuning/holds/prod";
    const status = async (path: string) => (await api.call("GET", path)).status;
    const state = async () => ({
      hold: await status(hold),
      model: await status(`/v1/models/${held.fine_tuned_model}`),
      files: existsSync(server.path(held.id, "artifact")),
    });
    await api.ok("PUT", hold, { models: [held.fine_tuned_model] });
    await api.ok("DELETE", `/v1/models/${held.fine_tuned_model}`);
    assert.deepEqual(await state(), { hold: 200, model: 200, files: true });
    const killBefore = join(folder(), "kill-before");
    const preload = join(__dirname, "../../killBefore.js");
    for (const [what, afterwards] of [
      ["commit", { hold: 200, model: 200, files: true }],
      ["remove", { hold: 404, model: 404, files: false }],
    ] as const) {
      await server.kill();
      writeFileSync(killBefore, "");
      const wrapper = ["env", `NODE_OPTIONS=--require=${preload}`, `KILL_BEFORE=${killBefore}`];
      api = new Api((await server.startIn(wrapper, "--api-key", "a-key")).url, "a-key");
      writeFileSync(killBefore, what);
      await assert.rejects(api.call("DELETE", hold), TypeError, what);
      assert.ok(existsSync(server.path(held.id, "artifact")), what);
      await server.kill();
      api = new Api((await server.start("--api-key", "a-key")).url, "a-key");
      assert.deepEqual(await state(), afterwards, what);
    }
  });
});

describe("server: the artifact of a simulated training", () => {
  const api = withServer();

  it("does not exist", async () => {
    const job = await api.trained();
    assert.equal(job.artifact, undefined);
    const reply = await api.call("GET", `/v1/fine_tuning/models/${job.fine_tuned_model}/artifact`);
    assert.deepEqual([reply.status, reply.body.message], [404, "This model has no files: its training was simulated"]);
  });
});

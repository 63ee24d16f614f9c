import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { Mistral } from "@mistralai/mistralai";
import { MistralError } from "@mistralai/mistralai/models/errors/mistralerror.js";
import { samples, withServer } from "../server/support";

const KEY = "the-key";

describe("the official TypeScript client: files", () => {
  const api = withServer({ apiKeys: [KEY] });
  let files: Mistral["files"];
  let uploaded: Awaited<ReturnType<typeof files.upload>>;

  before(async () => {
    ({ files } = new Mistral({ serverURL: api.url, apiKey: KEY }));
    uploaded = await files.upload({ file: { fileName: "train.jsonl", content: new Blob([samples()]) } });
  });

  it("uploads a file, and returns its metadata", async () => {
    const { id, createdAt, ...rest } = uploaded;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.ok(Math.abs(createdAt - Date.now() / 1000) < 60);
    assert.deepEqual(rest, {
      object: "file",
      sizeBytes: samples().length,
      filename: "train.jsonl",
      purpose: "fine-tune",
      sampleType: "instruct",
      numLines: 3,
      mimetype: "application/octet-stream",
      source: "upload",
      visibility: "workspace",
    });
  });

  it("uploads with every parameter, and from a stream", async () => {
    const file = await files.upload({
      file: { fileName: "stream.jsonl", content: new Blob([samples(2)]).stream() },
      purpose: "fine-tune",
      visibility: "workspace",
    });
    assert.equal(file.numLines, 2);
  });

  it("retrieves a file", async () => {
    assert.deepEqual(await files.retrieve({ fileId: uploaded.id }), { ...uploaded, deleted: false });
  });

  it("lists files, with every parameter", async () => {
    const batch = await files.upload({
      file: new File(["{}\n"], "batch.jsonl", { type: "application/jsonl" }),
      purpose: "batch",
    });
    const all = await files.list();
    assert.equal(all.object, "list");
    assert.equal(all.total, all.data.length);
    assert.equal(all.data[0]?.id, batch.id, "the newest first");
    assert.deepEqual(all.data.at(-1), uploaded);

    const found = await files.list({
      purpose: "fine-tune",
      sampleType: ["instruct"],
      source: ["upload"],
      search: "TRAIN",
      mimetypes: ["application/octet-stream", "text/plain"],
      page: 0,
      pageSize: 5,
      includeTotal: true,
    });
    assert.deepEqual(found, { object: "list", data: [uploaded], total: 1 });
    const second = await files.list({ page: 1, pageSize: 1, includeTotal: false });
    assert.deepEqual([second.data.length, second.total], [1, undefined]);
    const others: Parameters<typeof files.list>[0][] = [
      { purpose: "batch" },
      { search: "batch" },
      { sampleType: ["batch_request"] },
      { mimetypes: ["application/jsonl"] },
    ];
    for (const other of others) {
      assert.deepEqual((await files.list(other)).data, [batch], JSON.stringify(other));
    }
    assert.deepEqual((await files.list({ source: ["mistral"] })).data, []);
  });

  it("downloads a file, and from a signed URL without an API key", async () => {
    assert.equal(await text(await files.download({ fileId: uploaded.id })), samples());
    const { url } = await files.getSignedUrl({ fileId: uploaded.id, expiry: 2 });
    const hours = (Number(new URL(url).searchParams.get("expires")) - Date.now() / 1000) / 3600;
    assert.ok(hours > 1.9 && hours <= 2, String(hours));
    assert.equal(await (await fetch(url)).text(), samples());
    const other = await files.getSignedUrl({ fileId: uploaded.id });
    assert.equal((await fetch(other.url)).status, 200);
  });

  it("deletes a file", async () => {
    const { id } = await files.upload({ file: { fileName: "x.jsonl", content: new Blob([samples()]) } });
    assert.deepEqual(await files.delete({ fileId: id }), { id, object: "file", deleted: true });
    await assert.rejects(files.retrieve({ fileId: id }), (error) => {
      assert.ok(error instanceof MistralError);
      assert.equal(error.statusCode, 404);
      assert.match(error.body, /There is no file with this id/);
      return true;
    });
  });

  it("reports an invalid API key as 401", async () => {
    const unauthorized = new Mistral({ serverURL: api.url, apiKey: "other" });
    await assert.rejects(unauthorized.files.list(), { statusCode: 401 });
  });
});

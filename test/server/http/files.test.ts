import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/eventually";
import { contents, type Json, SAMPLE, samples, withServer } from "../support";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("server: files", () => {
  const api = withServer();

  it("stores an uploaded file and returns its metadata", async () => {
    const content = samples(3);
    const before = Math.floor(Date.now() / 1000);
    const { status, body } = await api.upload(content, "träin.jsonl");
    assert.equal(status, 200);
    assert.match(body.id, UUID);
    assert.ok(body.created_at >= before && body.created_at <= Date.now() / 1000);
    const { id, created_at, ...rest } = body;
    assert.deepEqual(rest, {
      object: "file",
      bytes: Buffer.byteLength(content),
      filename: "träin.jsonl",
      purpose: "fine-tune",
      sample_type: "instruct",
      num_lines: 3,
      mimetype: "application/octet-stream",
      source: "upload",
      visibility: "workspace",
      sha256: createHash("sha256").update(content).digest("hex"),
    });
    assert.deepEqual(await api.ok("GET", `/v1/files/${id}`), { ...body, deleted: false });
  });

  it("returns the content byte for byte with its file name", async () => {
    const content = Buffer.from(`${SAMPLE}\r\n{"text":"\u{1f600}"}`);
    const id = await api.fileId(new Blob([content]), "a b.jsonl");
    const response = await fetch(`${api.url}/v1/files/${id}/content`);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), content);
    assert.equal(response.headers.get("content-length"), String(content.length));
    assert.match(response.headers.get("content-disposition") ?? "", /filename\*=UTF-8''a%20b\.jsonl$/);
  });

  it("keeps content that looks like the boundary of the body", async () => {
    const content = "\r\n--XBOUN".repeat(50_000);
    const part = (name: string) =>
      `--XBOUND\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
    const { body } = await api.send("/v1/files", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=XBOUND" },
      body: `${part("a.jsonl")}${content}\r\n--XBOUND--\r\n`,
    });
    assert.equal(body.sha256, createHash("sha256").update(content).digest("hex"));
    assert.equal(body.num_lines, 50_001);
  });

  // Only Linux reports what a process reads.
  (process.platform === "linux" ? it : it.skip)("answers HEAD without reading the file", async () => {
    const content = samples(30_000);
    const id = await api.fileId(new Blob([content]));
    const bytesRead = () => Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
    const before = bytesRead();
    const response = await fetch(`${api.url}/v1/files/${id}/content`, { method: "HEAD" });
    assert.equal(response.headers.get("content-length"), String(content.length));
    await sleep(200);
    assert.ok(bytesRead() - before < content.length, `${bytesRead() - before} bytes`);
  });

  it("counts a last line without a newline, and distinguishes plain text from conversations", async () => {
    const { body } = await api.upload('{"text":"a"}\n{"text":"b"}');
    assert.equal(body.num_lines, 2);
    assert.equal(body.sample_type, "pretrain");
  });

  it("uses the purpose fine-tune by default", async () => {
    const form = new FormData();
    form.append("file", new Blob([samples()]), "x.jsonl");
    const { body } = await api.send("/v1/files", { method: "POST", body: form });
    assert.equal(body.purpose, "fine-tune");
  });

  it("accepts fields before and after the file", async () => {
    const form = new FormData();
    form.append("purpose", "batch");
    form.append("file", new Blob([samples()]), "x.jsonl");
    const { body } = await api.send("/v1/files", { method: "POST", body: form });
    assert.equal(body.purpose, "batch");
    assert.equal(body.sample_type, "batch_request");
  });

  it("creates a URL that works without a key for one file until it expires", async () => {
    const id = await api.fileId();
    const { url } = await api.ok("GET", `/v1/files/${id}/url?expiry=1`);
    const expires = Number(new URL(url).searchParams.get("expires"));
    assert.ok(Math.abs(expires - Date.now() / 1000 - 3600) < 5);
    assert.equal(await (await fetch(url)).text(), samples());
    assert.equal((await fetch(url.replace(`expires=${expires}`, `expires=${expires + 1}`))).status, 403);
    assert.equal((await fetch(url.replace(id, await api.fileId()))).status, 403);
  });

  it("deletes a file, and answers 404 afterwards", async () => {
    const id = await api.fileId();
    assert.deepEqual(await api.ok("DELETE", `/v1/files/${id}`), { id, object: "file", deleted: true });
    for (const [method, path] of [
      ["GET", id],
      ["DELETE", id],
      ["GET", `${id}/content`],
      ["GET", `${id}/url`],
    ]) {
      const { status, body } = await api.call(method as string, `/v1/files/${path}`);
      assert.equal(status, 404);
      assert.deepEqual(body, {
        object: "error",
        message: "There is no file with this id",
        type: "not_found",
        code: 404,
      });
    }
  });

  it("rejects deleting a file until the jobs that use it have ended", async () => {
    const training = await api.fileId();
    const validation = await api.fileId();
    const job = await api.job({ training_files: [training], validation_files: [validation], auto_start: false });
    await api.until(job.id, "VALIDATED");
    for (const id of [training, validation]) {
      const { status, body } = await api.call("DELETE", `/v1/files/${id}`);
      assert.equal(status, 409);
      assert.match(body.message, new RegExp(job.id));
    }
    await api.ok("POST", `/v1/fine_tuning/jobs/${job.id}/cancel`);
    await api.ok("DELETE", `/v1/files/${training}`);
    await api.ok("DELETE", `/v1/files/${validation}`);
  });

  for (const [what, file, name, fields, message] of [
    ["a file name without .jsonl", samples(), "train.csv", {}, /body\.file: The file name must end with \.jsonl/],
    ["an empty file", "", "train.jsonl", {}, /body\.file: .*empty/],
    ["an unknown purpose", samples(), "train.jsonl", { purpose: "fun" }, /body\.purpose: Invalid option/],
    ["an unknown field", samples(), "train.jsonl", { porpose: "x" }, /body\.porpose: Unknown field/],
    ["a private visibility", samples(), "train.jsonl", { visibility: "user" }, /body\.visibility: .*workspace/],
    ["a too long file name", samples(), `${"x".repeat(300)}.jsonl`, {}, /body\.file: Must have at most 255 characters/],
  ] as const) {
    it(`rejects ${what}`, async () => {
      const { status, body } = await api.upload(file, name, fields as Record<string, string>);
      assert.equal(status, 422);
      assert.match(violations(body), message);
    });
  }

  it("rejects an upload without a file, with two files, with a repeated field, or without multipart", async () => {
    const none = new FormData();
    none.append("purpose", "fine-tune");
    const two = new FormData();
    two.append("file", new Blob([samples()]), "a.jsonl");
    two.append("file", new Blob([samples()]), "b.jsonl");
    const twice = new FormData();
    twice.append("purpose", "batch");
    twice.append("purpose", "fine-tune");
    twice.append("file", new Blob([samples()]), "a.jsonl");
    const longType = new FormData();
    longType.append("purpose", "fine-tune");
    longType.append("file", new Blob([samples()], { type: `a/${"x".repeat(60_000)}` }), "a.jsonl");
    for (const [body, message] of [
      [longType, /body\.file: The content type must have at most 256 characters|multipart/],
      [twice, /body\.purpose: Must not be repeated/],
      [none, /body\.file: Field required/],
      [two, /body\.file: Must contain one file only/],
    ] as const) {
      const reply = await api.send("/v1/files", { method: "POST", body });
      assert.equal(reply.status, 422);
      assert.match(violations(reply.body), message);
    }
    assert.equal((await api.call("POST", "/v1/files", { purpose: "fine-tune" })).status, 422);
    assert.equal((await api.call("POST", "/v1/files")).status, 422);
  });

  for (const [what, type, body] of [
    ["has no boundary", "multipart/form-data", "x"],
    [
      "ends early",
      "multipart/form-data; boundary=b",
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}',
    ],
    ["is empty", "multipart/form-data; boundary=b", ""],
  ] as const) {
    it(`rejects a multipart body that ${what}`, async () => {
      const reply = await api.send("/v1/files", { method: "POST", body, headers: { "content-type": type } });
      assert.equal(reply.status, 422, JSON.stringify(reply.body));
    });
  }
});

describe("server: list of files", () => {
  const api = withServer();
  const ids: string[] = [];

  before(async () => {
    for (const [name, purpose, content] of [
      ["one.jsonl", "fine-tune", samples()],
      ["Two.jsonl", "fine-tune", '{"text":"a"}'],
      ["100%_three.jsonl", "batch", samples()],
      ["four.jsonl", "fine-tune", samples()],
    ] as const) {
      ids.push(await api.fileId(content, name, purpose));
    }
  });

  const names = async (query: string) =>
    (await api.ok("GET", `/v1/files${query}`)).data.map((file: Json) => file.filename);

  it("is sorted newest first and has a total", async () => {
    const list = await api.ok("GET", "/v1/files");
    assert.equal(list.object, "list");
    assert.equal(list.total, 4);
    assert.deepEqual(
      list.data.map((file: Json) => file.id),
      ids.toReversed(),
    );
  });

  it("has pages", async () => {
    assert.deepEqual(await names("?page=0&page_size=3"), ["four.jsonl", "100%_three.jsonl", "Two.jsonl"]);
    assert.deepEqual(await names("?page=1&page_size=3"), ["one.jsonl"]);
    assert.deepEqual(await names("?page=999999999999&page_size=100"), []);
    assert.equal((await api.ok("GET", "/v1/files?page=1&page_size=3")).total, 4);
  });

  it("omits the total for include_total=false", async () => {
    assert.ok(!("total" in (await api.ok("GET", "/v1/files?include_total=false"))));
  });

  it("filters by purpose, sample type, source, media type and part of the name", async () => {
    assert.deepEqual(await names("?purpose=batch"), ["100%_three.jsonl"]);
    assert.deepEqual(await names("?sample_type=pretrain"), ["Two.jsonl"]);
    assert.deepEqual(await names("?sample_type=pretrain&sample_type=batch_request"), ["100%_three.jsonl", "Two.jsonl"]);
    assert.deepEqual(await names("?source=mistral"), []);
    assert.equal((await names("?source=upload&source=mistral")).length, 4);
    assert.equal((await names("?mimetypes=application/octet-stream")).length, 4);
    assert.deepEqual(await names("?mimetypes=text/csv"), []);
    assert.deepEqual(await names("?search=two"), ["Two.jsonl"]);
    assert.deepEqual(await names("?search=%25_"), ["100%_three.jsonl"]);
    assert.equal((await api.ok("GET", "/v1/files?search=two")).total, 1);
  });

  for (const [query, message] of [
    ["page=-1", /query\.page: Must be at least 0/],
    ["page=x", /query\.page: Must be an integer/],
    ["page=1&page=2", /query\.page: Must not be repeated/],
    ["page=99999999999999999999", /query\.page: Must be an integer/],
    ["page_size=0", /query\.page_size: Must be at least 1/],
    ["page_size=101", /query\.page_size: Must be at most 100/],
    ["page_size=1e1", /query\.page_size: Must be an integer/],
    ["include_total=maybe", /query\.include_total: Must be true or false/],
    ["purpose=fun", /query\.purpose: Invalid option/],
    ["sample_type=fun", /query\.sample_type\.0: Invalid option/],
    ["source=", /query\.source\.0: Invalid option/],
    ["search=%00", /query\.search: Must not contain NUL/],
    ["pagesize=3", /query\.pagesize: Unknown field/],
  ] as const) {
    it(`rejects ?${query}`, async () => {
      const { status, body } = await api.call("GET", `/v1/files?${query}`);
      assert.equal(status, 422);
      assert.match(violations(body), message);
    });
  }
});

describe("server: file size limit", () => {
  const limit = 256 * 1024;
  const api = withServer({ maxFileBytes: limit });
  const stored = () => [...contents(api.dataDir).keys()].filter((name) => /[/\\](files|uploads)[/\\]/.test(name));

  it("accepts a file of the maximum size and rejects one byte more", async () => {
    assert.equal((await api.upload("x".repeat(limit))).body.bytes, limit);
    const { status, body } = await api.upload("x".repeat(limit + 1));
    assert.equal(status, 413);
    assert.deepEqual([body.type, body.code], ["too_large", 413]);
    assert.match(body.message, /262144 bytes/);
    assert.equal((await api.ok("GET", "/v1/files")).total, 1);
    assert.equal(stored().length, 1);
  });

  it("answers when the file is far too large", async () => {
    assert.equal((await api.upload("x".repeat(40 * limit))).status, 413);
    assert.equal(stored().length, 1);
  });

  it("removes the content of an aborted upload", async () => {
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    socket.write(
      `POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 200000\r\n\r\n` +
        `--b\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n${"x".repeat(100_000)}`,
    );
    await eventually("the partial content", async () => stored().length > 1 || undefined);
    socket.destroy();
    await eventually("the removal of the partial content", async () => stored().length === 1 || undefined);
    assert.equal((await api.ok("GET", "/v1/files")).total, 1);
  });
});

function violations(body: Json): string {
  return body.detail.map((each: Json) => `${each.loc.join(".")}: ${each.msg}`).join("\n");
}

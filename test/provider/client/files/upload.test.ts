import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { type FileSource, MistralClient, type UploadOptions } from "../../../../provider/src/client";
import { certificateFor } from "../../../support/certificate";
import { type Received, ScriptedServer } from "../../../support/scriptedServer";
import { FILE, KEY } from "../fixtures";

/** Parses the parts of a multipart body, deliberately without a library. */
function partsOf({ headers, body }: Pick<Received, "headers" | "body">): { head: string; content: Buffer }[] {
  const boundary = /boundary=(.+)$/.exec(headers["content-type"] ?? "")?.[1];
  assert.ok(boundary);
  const text = body.toString("latin1");
  assert.ok(text.endsWith(`--${boundary}--\r\n`));
  return text
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const at = part.indexOf("\r\n\r\n");
      return {
        head: Buffer.from(part.slice(2, at), "latin1").toString(),
        content: Buffer.from(part.slice(at + 4, -2), "latin1"),
      };
    });
}

const UPLOAD = `
  const { MistralClient } = require("./provider/src/client");
  const [baseUrl, file] = process.argv.slice(1);
  new MistralClient({ baseUrl }).files.upload(JSON.parse(file));
`;

describe("uploading a file", () => {
  let server: ScriptedServer;
  let client: MistralClient;
  let folder: string;

  before(async () => {
    server = await ScriptedServer.start();
    client = new MistralClient({ apiKey: KEY, baseUrl: server.url });
    folder = mkdtempSync(join(tmpdir(), "upload-"));
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => server.script({ json: { ...FILE, bytes: undefined } }));

  // Several chunks with different content, and a partial chunk.
  const content = Buffer.from(Uint32Array.from({ length: 1_000_003 }, (_, index) => index * 7).buffer);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const onDisk = (name: string, bytes: Buffer | string = content) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  const sources: [string, () => FileSource][] = [
    ["a path", () => ({ path: onDisk("train.jsonl") })],
    ["a path with its hash", () => ({ path: onDisk("train.jsonl"), sha256: sha256.toUpperCase() })],
    ["bytes in memory", () => ({ name: "train.jsonl", content })],
    [
      "a view into a larger buffer",
      () => ({ name: "train.jsonl", content: Buffer.concat([content, content]).subarray(0, content.length) }),
    ],
    ["a stream", () => ({ name: "train.jsonl", stream: () => Readable.from([content]), bytes: content.length })],
  ];
  for (const [what, source] of sources) {
    it(`sends ${what} byte for byte, with its length`, async () => {
      await client.files.upload(source());
      const { method, path, headers, body } = server.only;
      assert.deepEqual([method, path], ["POST", "/v1/files"]);
      assert.equal(headers["content-length"], String(body.length));
      assert.equal(headers["transfer-encoding"], undefined);
      const [purpose, file, ...more] = partsOf(server.only);
      assert.equal(more.length, 0);
      assert.equal(purpose?.head, 'Content-Disposition: form-data; name="purpose"');
      assert.equal(purpose?.content.toString(), "fine-tune");
      assert.equal(
        file?.head,
        'Content-Disposition: form-data; name="file"; filename="train.jsonl"\r\nContent-Type: application/octet-stream',
      );
      assert.ok(file?.content.equals(content));
    });
  }

  for (const scheme of ["http", "https"]) {
    it(`sends a file byte for byte over ${scheme} to a server that reads slowly`, async () => {
      const certificate = await certificateFor("localhost");
      const body: Buffer[] = [];
      const read: RequestListener = async (request, response) => {
        for await (const chunk of request) {
          body.push(chunk);
          await sleep(1);
        }
        response.setHeader("content-type", "application/json").end(JSON.stringify({ ...FILE, bytes: undefined }));
        received = { headers: request.headers, body: Buffer.concat(body) };
      };
      let received: Pick<Received, "headers" | "body"> | undefined;
      const slow = scheme === "http" ? createServer(read) : createTlsServer(certificate, read);
      await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
      const url = `${scheme}://127.0.0.1:${(slow.address() as AddressInfo).port}`;
      // Much more than the system buffers for a connection, because buffered data can no longer change.
      const large = Buffer.concat(Array.from({ length: 8 }, () => content));
      const file = { path: onDisk("large.jsonl", large) };
      try {
        // In a child process, because Node reads NODE_EXTRA_CA_CERTS only at startup.
        await execa(
          process.execPath,
          ["-r", "ts-node/register/transpile-only", "-e", UPLOAD, url, JSON.stringify(file)],
          {
            cwd: join(__dirname, "../../../.."),
            env: { NODE_EXTRA_CA_CERTS: onDisk("authority.pem", certificate.cert) },
          },
        );
      } finally {
        slow.close();
        slow.closeAllConnections();
      }
      assert.ok(received);
      assert.ok(partsOf(received)[1]?.content.equals(large));
    });
  }

  it("sends text as UTF-8, an empty file, and another purpose and name", async () => {
    await client.files.upload({ name: "ä.jsonl", content: "grüße\n" }, { purpose: "batch" });
    assert.deepEqual(
      partsOf(server.only).map((part) => part.content.toString()),
      ["batch", "grüße\n"],
    );
    server.script({ json: { ...FILE, bytes: 0 } });
    await client.files.upload({ path: onDisk("empty.jsonl", ""), name: "other.jsonl" });
    assert.match(partsOf(server.only)[1]?.head ?? "", /filename="other\.jsonl"/);
    assert.equal(partsOf(server.only)[1]?.content.length, 0);
  });

  it("encodes names as browsers do, so that a name cannot forge a header", async () => {
    await client.files.upload({ name: 'a"b\r\nX: y/ünï\\日本.jsonl', content: "x" });
    assert.match(partsOf(server.only)[1]?.head ?? "", /filename="a%22b%0D%0AX: y\/ünï\\日本\.jsonl"\r\n/);
  });

  it("reports progress up to the total", async () => {
    const seen: number[] = [];
    const onProgress: UploadOptions["onProgress"] = (sent, total) => {
      assert.equal(total, content.length);
      seen.push(sent);
    };
    await client.files.upload({ path: onDisk("train.jsonl") }, { onProgress });
    assert.ok(seen.length > 1);
    assert.equal(seen.at(-1), content.length);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
  });

  describe("fails for", () => {
    const refused = async (source: FileSource, expected: object, options?: UploadOptions) => {
      await assert.rejects(client.files.upload(source, options), expected);
      // The server must never receive a complete request.
      assert.equal(server.received.length, 0);
    };
    const changed = (problem: RegExp) => ({
      name: "FileChangedError",
      code: "ERR_MISTRAL_FILE_CHANGED",
      message: problem,
    });

    it("a missing file, a directory, and a device", async () => {
      const missing = join(folder, "no.jsonl");
      await refused(
        { path: missing },
        {
          name: "FileUnreadableError",
          code: "ERR_MISTRAL_FILE_UNREADABLE",
          file: missing,
          message: `Cannot read ${missing}: no such file (relative to ${process.cwd()}).`,
        },
      );
      mkdirSync(join(folder, "sub"));
      await refused({ path: join(folder, "sub") }, { name: "FileUnreadableError", message: /it is a directory/ });
      await refused({ path: "/dev/null" }, { name: "FileUnreadableError", message: /not a regular file/ });
    });

    const large = Buffer.alloc(8_000_000, "x");
    const during = (change: () => void): UploadOptions => {
      let done = false;
      return {
        onProgress: () => {
          if (!done) {
            done = true;
            change();
          }
        },
      };
    };

    it("a file that shrinks during the upload", async () => {
      const path = onDisk("shrinks.jsonl", large);
      await refused(
        { path },
        changed(/shrinks\.jsonl ended after \d+ of the expected 8000000 bytes/),
        during(() => truncateSync(path, 4_000_000)),
      );
    });

    it("a file that grows during the upload", async () => {
      const path = onDisk("grows.jsonl", large);
      await refused(
        { path },
        changed(/grows\.jsonl is longer than the expected 8000000 bytes/),
        during(() => appendFileSync(path, "more")),
      );
    });

    it("a file that is written to during the upload, at the same length", async () => {
      const path = onDisk("changes.jsonl", large);
      await refused(
        { path },
        changed(/was written to during the upload/),
        // In place: without this flag, the file would be empty for a moment.
        during(() => writeFileSync(path, Buffer.alloc(8_000_000, "y"), { flag: "r+" })),
      );
    });

    it("a file that is replaced or deleted during the upload, although the open file is intact", async () => {
      const path = onDisk("replaced.jsonl", large);
      const other = onDisk("other.jsonl", large);
      await refused(
        { path },
        changed(/replaced\.jsonl was replaced during the upload/),
        during(() => renameSync(other, path)),
      );
      await refused(
        { path, label: "my data" },
        changed(/^my data was deleted during the upload/),
        during(() => rmSync(path)),
      );
    });

    it("a file without the expected SHA-256", async () => {
      const path = onDisk("other.jsonl", "other");
      await refused({ path, sha256 }, changed(/does not have the expected SHA-256/));
      await refused({ name: "memory", content: "other", sha256 }, changed(/memory does not have the expected SHA-256/));
    });

    it("a stream that is shorter or longer than declared, or fails", async () => {
      const stream = (bytes: number) => ({ name: "s", stream: () => Readable.from([Buffer.from("12345")]), bytes });
      await refused(stream(6), changed(/ended after 5 of the expected 6 bytes/));
      await refused(stream(4), changed(/longer than the expected 4 bytes/));
      await refused(stream(-1), { name: "InvalidArgumentError" });
      const failing = () =>
        new Readable({
          read() {
            this.destroy(new Error("disk on fire"));
          },
        });
      await refused(
        { name: "s", stream: failing, bytes: 5 },
        { name: "FileUnreadableError", message: "Cannot read s: disk on fire." },
      );
    });

    it("an error thrown by onProgress", async () => {
      const onProgress = () => {
        throw new RangeError("enough");
      };
      await assert.rejects(client.files.upload({ path: onDisk("train.jsonl") }, { onProgress }), RangeError);
      assert.equal(server.received.length, 0);
    });
  });

  it("deletes an upload that the server reports with another size, and reports that", async () => {
    const reply = { id: FILE.id, object: "file", deleted: true };
    server.script({ json: { ...FILE, bytes: 5 } }, { json: reply });
    await assert.rejects(client.files.upload({ name: "a.jsonl", content: "123456" }), {
      name: "InvalidResponseError",
      message: new RegExp(
        `the client sent 6 bytes of a.jsonl, but the server reports 5 bytes for file ${FILE.id}, which was deleted`,
      ),
    });
    assert.deepEqual(
      server.received.map(({ method, path }) => [method, path]),
      [
        ["POST", "/v1/files"],
        ["DELETE", `/v1/files/${FILE.id}`],
      ],
    );
  });

  it("names an upload of another size that it could not delete", async () => {
    server.script({ json: { ...FILE, bytes: 7 } }, { status: 403, json: { message: "no" } });
    await assert.rejects(client.files.upload({ name: "a.jsonl", content: "123456" }), {
      message: new RegExp(`the server reports 7 bytes for file ${FILE.id}, which could not be deleted`),
    });
  });

  it("reports a refusal that arrives before the file was sent", async () => {
    const impatient = createServer((request, response) => {
      response.writeHead(413, { "content-type": "application/json" }).end(JSON.stringify({ message: "too large" }));
      request.resume();
    });
    await new Promise<void>((resolve) => impatient.listen(0, "127.0.0.1", resolve));
    const { port } = impatient.address() as { port: number };
    const other = new MistralClient({ baseUrl: `http://127.0.0.1:${port}` });
    await assert.rejects(other.files.upload({ name: "a", content: Buffer.alloc(5_000_000) }), {
      name: "PayloadTooLargeError",
      message: /files of at most 512 MiB\./,
    });
    impatient.close();
    impatient.closeAllConnections();
  });

  it("leaves no file open when the server cannot be reached", async () => {
    const gone = await ScriptedServer.start();
    const other = new MistralClient({ baseUrl: gone.url });
    await gone.stop();
    const open = () => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);
    const path = onDisk("train.jsonl");
    await assert.rejects(other.files.upload({ path }), { name: "ConnectionError" });
    const before = open();
    for (let count = 0; count < 5; count++) {
      await assert.rejects(other.files.upload({ path }), { name: "ConnectionError" });
    }
    assert.ok(open() <= before);
  });
});

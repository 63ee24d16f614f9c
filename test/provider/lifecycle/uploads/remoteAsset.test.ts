import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { asset, runtime } from "@pulumi/pulumi";
import { execa } from "execa";
import { openAsset } from "../../../../provider/src/inputs/data/content";
import { create } from "../../../../provider/src/lifecycle/create";
import type { Inputs } from "../../../../provider/src/schema/inputs";
import { eventually } from "../../../support/eventually";
import { LifecycleHarness } from "../../../support/lifecycle";
import { sample } from "../../../support/samples";

const SECRET = "c2lnbmF0dXJl";
const DATA = Buffer.from(Array.from({ length: 1000 }, (_, index) => sample(`${index} far away?`)).join(""));

describe("a RemoteAsset as data", () => {
  let harness: LifecycleHarness;
  let remote: Server;
  let answers: RequestListener[];
  before(async () => {
    harness = await LifecycleHarness.create();
    // `check` sends the first request.
    remote = createServer((request, response) => answers.shift()?.(request, response));
    await new Promise<void>((listening) => remote.listen(0, "127.0.0.1", listening));
  });
  after(async () => {
    remote.closeAllConnections();
    remote.close();
    await harness.end();
  });

  const uri = (name: string) =>
    `http://user:${SECRET}@127.0.0.1:${(remote.address() as AddressInfo).port}/${name}.jsonl?signature=${SECRET}`;
  const whole: RequestListener = (_, response) => response.end(DATA);
  const declare = async (name: string) =>
    harness.declare(name, {
      trainingFiles: [await runtime.serializeProperty("", new asset.RemoteAsset(uri(name)), new Set())],
    });

  it("is uploaded as a stream", async () => {
    answers = [whole, whole];
    const { outputs } = await create(await declare("streamed"), harness.host());
    const file = await harness.client.files.get(outputs.trainingFileIds[0] as string);
    assert.equal(file.bytes, DATA.length);
    assert.equal(answers.length, 0, "read once by the check, and once by the upload");
  });

  /** Replies to the upload's request. The check received `content`. */
  const failures: Record<string, { answer: (content: Buffer, response: ServerResponse) => void; message: RegExp }> = {
    "is gone": {
      answer: (_, response) => response.writeHead(404).end(),
      message: /^Cannot read http:\/\/127\.0\.0\.1:\d+\/is%20gone\.jsonl: the server answered 404\. No job was created/,
    },
    "is in trouble": {
      answer: (_, response) => response.writeHead(500).end("no"),
      message: /: the server answered 500\. No job was created: make the file readable, then run `pulumi up` again/,
    },
    "breaks off": {
      answer: (content, response) => {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 5000), () => response.destroy());
      },
      message: /^Cannot read .*\/breaks%20off\.jsonl: .+\. No job was created/,
    },
    "ends early": {
      answer: (content, response) => response.end(content.subarray(0, 5000)),
      message: /\/ends%20early\.jsonl ended after 5000 of the expected \d+ bytes\. .*run `pulumi up` again/,
    },
    "has grown": {
      answer: (content, response) => response.end(Buffer.concat([content, content])),
      message: /\/has%20grown\.jsonl is longer than the expected \d+ bytes/,
    },
    "has another content": {
      answer: (content, response) => response.end(Buffer.alloc(content.length, "x")),
      message: /content\.jsonl does not have the expected SHA-256: its content changed after it was checked/,
    },
  };
  for (const [what, { answer, message }] of Object.entries(failures)) {
    it(`that ${what} after the check creates no job and no file, and shows no secret`, async () => {
      const content = Buffer.concat([DATA, Buffer.from(sample(what))]);
      answers = [(_, response) => response.end(content), (_, response) => answer(content, response)];
      const inputs = await declare(what);
      const before = [await harness.files(), await harness.jobs()];
      const error = await create(inputs, harness.host()).catch((thrown: Error) => thrown);
      assert.ok(error instanceof Error);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(SECRET));
      assert.deepEqual([await harness.files(), await harness.jobs()], before);
    });
  }

  it("that stalls times out, so that no preview hangs", async () => {
    answers = [(_, response) => response.write("{")];
    const stalled = openAsset({ asset: { uri: uri("silent") } }, 100);
    await assert.rejects(
      stalled.toArray(),
      (error: Error) => !error.message.includes(SECRET) && /Timeout/.test(error.message),
    );
  });

  it("that stalls does not delay an interrupt", async () => {
    answers = [(_, response) => response.end(sample("Stalled?"))];
    const inputs = await declare("stalled");
    const host = harness.host();
    answers = [
      (_, response) => {
        response.write("{");
        response.on("close", () => answers.push(whole));
        host.controller.abort();
      },
    ];
    await assert.rejects(create(inputs, host), /^Error: interrupted before the job was created/);
    // The connection must be closed too, because it would keep the process alive.
    await eventually("the end of the connection", () => answers.length > 0);
  });

  it("is uploaded in constant memory (200 MB)", async function () {
    if (process.platform !== "linux") this.skip();
    const [block, blocks] = [Buffer.from(sample("Large?").repeat(10_000)), 200];
    const hash = createHash("sha256");
    for (let count = 0; count < blocks; count++) {
      hash.update(block);
    }
    answers = [
      async (_, response) => {
        for (let count = 0; count < blocks; count++) {
          if (!response.write(block)) await new Promise((drained) => response.once("drain", drained));
        }
        response.end();
      },
    ];
    const bytes = block.length * blocks;
    assert.ok(bytes > 150_000_000);
    const file: NonNullable<Inputs["trainingFiles"]>[number] = {
      asset: { uri: uri("large") },
      bytes,
      sha256: hash.digest("hex"),
    };
    const grown = Number(
      (await execa("node", ["-e", GROWTH, harness.url, JSON.stringify(file)], { cwd: REPOSITORY_ROOT })).stdout,
    );
    const [newest] = await harness.files();
    assert.equal(newest?.bytes, bytes);

    assert.ok(grown < 80, `it grew by ${grown} MiB`);
  });
});

const REPOSITORY_ROOT = join(__dirname, "../../../..");

/** Prints how many MiB the process's peak memory grew during the upload, after all modules were loaded. */
const GROWTH = `
  const { readFileSync } = require("node:fs");
  const { MistralClient } = require("./provider/dist/client");
  const { realClock } = require("./provider/dist/lifecycle/runtime/clock");
  const { uploadFiles } = require("./provider/dist/lifecycle/uploads/uploadFiles");
  const [baseUrl, file] = process.argv.slice(1);
  const client = new MistralClient({ baseUrl });
  const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  client.files.list().then(async () => {
    const before = peak();
    const host = { log() {}, clock: realClock };
    await uploadFiles(client, { trainingFiles: [JSON.parse(file)] }, host, new AbortController().signal);
    console.log(peak() - before);
  });
`;

import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, readdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MistralClient } from "../../../../provider/src/client";
import { create } from "../../../../provider/src/lifecycle/create";
import { uploadFiles, uploadName } from "../../../../provider/src/lifecycle/uploads/uploadFiles";
import type { Inputs } from "../../../../provider/src/schema/inputs";
import { eventually } from "../../../support/eventually";
import { fastClock } from "../../../support/host";
import { LifecycleHarness } from "../../../support/lifecycle";
import type { HeldRequest } from "../../../support/proxiedRequest";
import { sample } from "../../../support/samples";
import { TestProxy } from "../../../support/testProxy";

/** Much more than a connection buffers. */
const LARGE = Array.from({ length: 24_000 }, (_, index) => sample(`${index} ${"why ".repeat(250)}`)).join("");

describe("the upload of a job's data", () => {
  let harness: LifecycleHarness;
  let proxy: TestProxy;
  before(async () => {
    harness = await LifecycleHarness.create();
    proxy = await TestProxy.start({ target: harness.url, stream: true });
  });
  after(async () => {
    await proxy.stop();
    await harness.end();
  });
  beforeEach(() => {
    proxy.route("");
  });

  const isUpload = ({ method, url }: HeldRequest) => method === "POST" && url === "/v1/files";
  const upload = (inputs: Inputs, host = harness.host(), client = new MistralClient({ baseUrl: proxy.url() })) =>
    uploadFiles(client, inputs, host, host.signal);

  describe("rejects a file that", () => {
    const changes: Record<string, { change: (path: string) => void; message: RegExp }> = {
      "is cut short": {
        change: (path) => truncateSync(path, 1_000_000),
        message: /moving\.jsonl ended after \d+ of the expected \d+ bytes/,
      },
      grows: {
        change: (path) => appendFileSync(path, sample("More?")),
        message: /moving\.jsonl is longer than the expected \d+ bytes/,
      },
      "is rewritten": {
        change: (path) => writeFileSync(path, LARGE.toUpperCase()),
        message: /moving\.jsonl was written to during/,
      },
      "is replaced": {
        change: (path) => {
          writeFileSync(`${path}.new`, LARGE);
          renameSync(`${path}.new`, path);
        },
        message: /moving\.jsonl was replaced during/,
      },
      "is deleted": { change: (path) => rmSync(path), message: /moving\.jsonl was deleted during/ },
    };
    for (const [what, { change, message }] of Object.entries(changes)) {
      it(`${what} during the upload, discards it and creates no job`, async () => {
        const path = await harness.file("moving.jsonl", LARGE);
        const inputs = await harness.declare(what, { trainingFiles: [path] });
        const before = [await harness.files(), await harness.jobs()];
        proxy.route("", (request) => {
          if (isUpload(request)) change(path);
          return { kind: "none" };
        });
        const error = await create(inputs, harness.host({ baseUrl: proxy.url() })).catch((thrown: Error) => thrown);
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        assert.match(
          error.message,
          /no job was created: after all programs have stopped writing to the file, run `pulumi up` again/,
        );
        // The server notices the broken connection with a delay.
        const uploads = join(harness.folder, "server/uploads");
        await eventually("the removal of the partial upload", () => readdirSync(uploads).length === 0);
        assert.deepEqual([await harness.files(), await harness.jobs()], before);
      });
    }

    it("changed its size after the check, before any upload", async () => {
      const path = await harness.file("grown.jsonl", sample("Short?"));
      const inputs = await harness.declare("grown", { trainingFiles: [path] });
      appendFileSync(path, sample("Long?"));
      const passed = proxy.route("");
      await assert.rejects(upload(inputs), /grown\.jsonl has \d+ bytes, expected \d+\. The upload/);
      assert.equal(passed.filter(isUpload).length, 0);
    });

    it("was deleted after the check", async () => {
      const path = await harness.file("gone.jsonl", sample("Gone?"));
      const inputs = await harness.declare("gone", { trainingFiles: [path] });
      rmSync(path);
      await assert.rejects(upload(inputs), /Cannot read .*gone\.jsonl: no such file .*run `pulumi up` again/);
    });
  });

  it("ignores a file with the same name and another size", async () => {
    const inputs = await harness.declare("sizes", {
      trainingFiles: [await harness.file("size.jsonl", sample("Size?"))],
    });
    const name = uploadName(inputs.trainingFiles?.[0] ?? {}, inputs);
    const other = await harness.client.files.upload({ name, content: sample("Another size?") });
    const { training } = await upload(inputs);
    assert.notEqual(training[0], other.id);
    assert.deepEqual((await upload(inputs)).training, training, "its own is found again");
  });

  it("logs the progress of a long upload", async () => {
    const inputs = await harness.declare("long", {
      trainingFiles: [await harness.file("long.jsonl", sample("Long?") + LARGE)],
    });
    const host = harness.host();
    host.clock = fastClock(100_000);
    await upload(inputs, host);
    const lines = host.logged.filter(({ importance }) => importance === "progress").map(({ message }) => message);
    assert.match(lines[0] ?? "", /^uploading .*long\.jsonl: [\d.]+ of 26 MB, [\d.]+ MB\/s, about .+ left$/);
  });

  describe("of several files", () => {
    let held: { name: string; response: ServerResponse }[];
    beforeEach(() => {
      held = [];
      proxy.route("", (request) => (isUpload(request) ? { kind: "handle", handle: hold } : { kind: "none" }));
    });

    /** Receives the whole request, and leaves the reply to the test. */
    function hold(request: IncomingMessage, response: ServerResponse): void {
      let text = "";
      request.on("data", (chunk) => {
        text += chunk;
      });
      request.on("end", () => held.push({ name: /filename="(.*?)"/.exec(text)?.[1] ?? "", response }));
    }
    function answer({ name, response }: { name: string; response: ServerResponse }): void {
      const file = { id: `id of ${name}`, object: "file", created_at: 1, filename: name, purpose: "fine-tune" };
      response.setHeader("content-type", "application/json").end(JSON.stringify(file));
    }
    const heldAre = (count: number) => eventually(`${count} held uploads`, () => held.length >= count);
    const declare = async (name: string) => {
      const file = (part: string) => harness.file(`${name}-${part}.jsonl`, sample(`${name} ${part}`));
      const trainingFiles = await Promise.all(["a", "b", "c"].map(file));
      return harness.declare(name, { trainingFiles, validationFiles: [await file("v")] });
    };
    const idsOf = (files: Inputs["trainingFiles"] = [], inputs: Inputs) =>
      files.map((file) => `id of ${uploadName(file, inputs)}`);

    it("uploads three files of all jobs concurrently, and returns the IDs in the order of the inputs", async () => {
      const jobs = [await declare("first"), await declare("second")] as const;
      const client = new MistralClient({ baseUrl: proxy.url() });
      const uploads = Promise.all(jobs.map((inputs) => upload(inputs, harness.host(), client)));
      for (let left = 8; left > 0; ) {
        const count = Math.min(left, 3);
        await heldAre(count);
        // An upload that had begun would arrive before the replies to these requests.
        for (let request = 0; request < 5; request++) await client.files.list();
        assert.equal(held.length, count);
        answer(held.pop() as (typeof held)[number]);
        left -= 1;
      }
      assert.deepEqual(
        await uploads,
        jobs.map((inputs) => ({
          training: idsOf(inputs.trainingFiles, inputs),
          validation: idsOf(inputs.validationFiles, inputs),
        })),
      );
    });

    it("stops the others when one fails, and reports that failure", async () => {
      const inputs = await declare("failing");
      const uploading = upload(inputs);
      await Promise.all([assert.rejects(uploading, /disk full/), heldAre(3).then(refuseTheSecond)]);
      assert.equal(held.length, 3, "the fourth never began");
    });
    async function refuseTheSecond(): Promise<void> {
      const [first, second, third] = held.map(({ response }) => response);
      second?.writeHead(507, { "content-type": "application/json" }).end('{"message":"disk full"}');
      await Promise.all(
        [first, third].map((response) => response?.closed || once(response as ServerResponse, "close")),
      );
    }

    it("stops immediately on abort while another job uploads the same data", async () => {
      const trainingFiles = [await harness.file("shared.jsonl", sample("Shared?"))];
      const [one, other] = [
        await harness.declare("one", { trainingFiles }),
        await harness.declare("other", { trainingFiles }),
      ];
      const client = new MistralClient({ baseUrl: proxy.url() });
      const [uploading, host] = [upload(one, harness.host(), client), harness.host()];
      await heldAre(1);
      const waiting = upload(other, host, client);
      await Promise.all([assert.rejects(waiting), sleep(20).then(() => host.controller.abort())]);
      answer(held[0] as (typeof held)[number]);
      await uploading;
      assert.equal(held.length, 1);
    });

    it("stops immediately on abort, including queued files", async () => {
      const host = harness.host();
      const uploading = upload(await declare("interrupted"), host);
      await Promise.all([assert.rejects(uploading), heldAre(3).then(() => host.controller.abort())]);
      assert.equal(held.length, 3);
    });
  });
});

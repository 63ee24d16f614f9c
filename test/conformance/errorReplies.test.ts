import assert from "node:assert/strict";
import { Mistral } from "@mistralai/mistralai";
import { MistralError } from "@mistralai/mistralai/models/errors/mistralerror.js";
import { execa } from "execa";
import { ApiError, MistralClient } from "../../provider/src/client";
import { onSmallDisk } from "../server/process";
import { folder, withServer } from "../server/support";
import { TestServer } from "../support/server";

const KEY = "the-key";
/** Larger than all buffers between a client and the server, so the client is still sending when the server answers. */
const content = Buffer.alloc(16 * 1024 * 1024, "x");

interface Upload {
  url: string;
  key?: string;
  name?: string;
}

/** Each client uploads, and returns the status of the error that it has received. */
const clients: Record<string, (upload: Upload) => Promise<number>> = {
  async "our client"({ url, key = KEY, name = "a.jsonl" }) {
    const { files } = new MistralClient({ baseUrl: url, apiKey: key });
    const error = await files.upload({ name, content }).catch((error) => error);
    assert.ok(error instanceof ApiError, String(error));
    return error.status;
  },
  async "the official client"({ url, key = KEY, name = "a.jsonl" }) {
    const { files } = new Mistral({ serverURL: url, apiKey: key });
    const error = await files
      .upload({ file: { fileName: name, content: new Blob([content]) } })
      .catch((error) => error);
    assert.ok(error instanceof MistralError, String(error));
    return error.statusCode;
  },
  curl: ({ url, key = KEY, name = "a.jsonl" }) => curl(`${url}/v1/files`, key, ["-F", `file=@-;filename=${name}`]),
};

async function curl(url: string, key: string, args: string[]): Promise<number> {
  const reply = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", `Authorization: Bearer ${key}`];
  const { stdout } = await execa("curl", [...reply, ...args, url], { input: content });
  return Number(stdout);
}

for (const [client, upload] of Object.entries(clients)) {
  describe(`an error reply while ${client} is sending`, function () {
    this.timeout(60_000);
    const small = withServer({ apiKeys: [KEY], maxFileBytes: 1024 * 1024 });
    const large = withServer({ apiKeys: [KEY] });

    it("is received when the file is too large", async () => {
      assert.equal(await upload({ url: small.url }), 413);
    });

    it("is received when the key is wrong", async () => {
      assert.equal(await upload({ url: small.url, key: "wrong" }), 401);
    });

    it("is received when a field is invalid", async () => {
      assert.equal(await upload({ url: large.url, name: "a.csv" }), 422);
    });

    it("is received when the disk is full", async function () {
      const data = folder();
      const wrapper = onSmallDisk(data, "4m") ?? this.skip();
      const { url } = await TestServer.start({ dataFolder: data, wrapper, args: ["--api-key", KEY] });
      assert.equal(await upload({ url }), 507);
      await TestServer.killAll();
    });
  });
}

describe("an error reply before the body", function () {
  this.timeout(60_000);
  const api = withServer({ apiKeys: [KEY] });

  it("is received when a JSON body is too large", async () => {
    const json = ["-H", "Content-Type: application/json", "--data-binary", "@-"];
    for (const args of [json, [...json, "-H", "Transfer-Encoding: chunked"], [...json, "-H", "Expect:"]]) {
      assert.equal(await curl(`${api.url}/v1/fine_tuning/jobs`, KEY, args), 413);
    }
  });

  it("is received when the first field of an upload is unknown", async () => {
    assert.equal(await curl(`${api.url}/v1/files`, KEY, ["-F", "x=y", "-F", "file=@-;filename=a.jsonl"]), 422);
  });

  it("is received when the route does not exist or does not allow the method", async () => {
    assert.equal(await curl(`${api.url}/v1/nothing`, KEY, ["--data-binary", "@-"]), 404);
    assert.equal(await curl(`${api.url}/v1/models`, KEY, ["--data-binary", "@-"]), 405);
  });
});

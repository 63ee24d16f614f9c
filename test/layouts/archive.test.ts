import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { buildArchives } from "../../tools/release/executable/archives";
import { nameOf, type Platform, platformHere } from "../../tools/release/executable/platforms";
import { describeWithEngine } from "../support/engine";
import { sample } from "../support/samples";
import { run } from "./commands";
import { temporaryFolder } from "./packed";
import { PluginProcess, TestEngine } from "./pluginProcess";

const root = resolve(__dirname, "../..");
const { version } = require("../../provider/package.json");

describeWithEngine("the plugin's archive for this platform", (engine) => {
  let folder: string;
  let remove: () => Promise<void>;
  let archive: string;
  let executable: string;

  before("build", async function () {
    this.timeout(5 * 60_000);
    ({ folder, remove } = await temporaryFolder());
    const lines: string[] = [];
    const platform = platformHere() as Platform;
    const log = (line: string) => lines.push(line);
    const missing = await buildArchives({ root, folder, platforms: [platform], log });
    assert.deepEqual(missing, [], lines.join("\n"));
    archive = join(folder, `pulumi-resource-mistral-v${version}-${nameOf(platform)}.tar.gz`);
    await run(folder, "tar", "-xzf", archive);
    executable = join(folder, "pulumi-resource-mistral");
  });
  after(() => remove());

  it("has the executable and the licenses at its root, and its checksum is listed", async () => {
    const files = await run(folder, "tar", "-tzf", archive);
    assert.deepEqual(files.split("\n"), ["pulumi-resource-mistral", "LICENSE", "THIRD_PARTY_LICENSES"]);
    const licenses = await readFile(join(folder, "THIRD_PARTY_LICENSES"), "utf8");
    assert.match(licenses, /^==== Node\.js\n[\s\S]*^==== @grpc\/grpc-js [\s\S]*Apache License/m);
    const checksums = await readFile(join(folder, `pulumi-resource-mistral-v${version}-checksums.txt`), "utf8");
    const hash = createHash("sha256").update(await readFile(archive));
    assert.equal(
      checksums,
      `${hash.digest("hex")}  pulumi-resource-mistral-v${version}-${nameOf(platformHere() as Platform)}.tar.gz\n`,
    );
  });

  describe("runs without Node.js", () => {
    let testEngine: TestEngine;
    let plugin: PluginProcess;
    before(async () => {
      testEngine = await TestEngine.start();
      plugin = await PluginProcess.start(executable, testEngine, { PATH: "/nonexistent", HOME: folder });
    });
    after(() => {
      plugin?.end();
      testEngine.stop();
    });

    it("answers the engine's first calls", async () => {
      const handshake: pb.ProviderHandshakeResponse = await plugin.call("handshake", new pb.ProviderHandshakeRequest());
      assert.equal(handshake.getAcceptSecrets(), true);
      const info: PluginInfo = await plugin.call("getPluginInfo", new Empty());
      assert.equal(info.getVersion(), version);
      const schema: pb.GetSchemaResponse = await plugin.call("getSchema", new pb.GetSchemaRequest());
      const file = await readFile(join(root, "schema.json"), "utf8");
      assert.deepEqual(JSON.parse(schema.getSchema()), JSON.parse(file));
    });

    it("checks a data file in threads, and reports to the engine", async () => {
      // Larger than the files that are checked without threads.
      const lines = Array.from({ length: 10_000 }, (_, index) => sample(`Question ${index}`, "An answer. ".repeat(10)));
      const data = join(folder, "train.jsonl");
      await writeFile(data, [...lines, sample("Question 1", "An answer. ".repeat(10))].join(""));
      assert.ok((await stat(data)).size > 2 ** 20);
      const configure = new pb.ConfigureRequest();
      configure.setArgs(Struct.fromJavaScript({ apiKey: "key", maxRetries: "0" }));
      await plugin.call("configure", configure);

      assert.deepEqual(await failures(data), []);
      assert.match(testEngine.messages.join("\n"), /train\.jsonl:10001: is the same sample as/);

      await writeFile(data, [...lines, "{"].join(""));
      assert.match((await failures(data)).join("\n"), /train\.jsonl:10001: is not valid JSON/);
    });

    async function failures(data: string): Promise<string[]> {
      const request = new pb.CheckRequest();
      request.setUrn("urn:pulumi:dev::test::mistral:index:FineTuningJob::job");
      const inputs = {
        model: "open-mistral-7b",
        trainingFiles: [data],
        hyperparameters: { trainingSteps: 10 },
        connection: { baseUrl: "http://127.0.0.1:9" },
      };
      request.setNews(Struct.fromJavaScript(inputs));
      const response: pb.CheckResponse = await plugin.call("check", request);
      return response.getFailuresList().map((failure) => failure.getReason());
    }

    it("keeps running after Cancel, and exits when the engine has exited", async () => {
      await plugin.call("cancel", new Empty());
      await plugin.call("getPluginInfo", new Empty());
      testEngine.stop();
      assert.equal(await plugin.exitCode(), 1);
    });
  });

  it("is what `pulumi plugin install` downloads", async () => {
    const requests: string[] = [];
    const server = createServer(async ({ url = "" }, response) => {
      requests.push(url);
      const name = url.slice(1);
      if ((await readdir(folder)).includes(name)) response.end(await readFile(join(folder, name)));
      else response.writeHead(404).end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const stack = await engine.stack({ files: { "index.ts": "" } });
      const pulumi = async (...args: string[]) => {
        const { code, stdout, output } = await stack.cmd(...args);
        assert.equal(code, 0, output);
        return stdout;
      };
      await pulumi("plugin", "install", "resource", "mistral", version, "--server", `http://127.0.0.1:${port}`);
      assert.deepEqual(requests, [`/${archive.slice(folder.length + 1)}`]);
      const plugins = JSON.parse(await pulumi("plugin", "ls", "--json"));
      assert.deepEqual(
        plugins.map(({ name, version }: { name: string; version: string }) => [name, version]),
        [["mistral", version]],
      );
      const schema = await pulumi("package", "get-schema", `mistral@${version}`);
      assert.equal(JSON.parse(schema).name, "mistral");
    } finally {
      server.close();
    }
  });
});

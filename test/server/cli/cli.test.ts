import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseOptions } from "../../../server/src/cli/options";
import { type ServerOptions, startServer } from "../../../server/src/index";
import { startEmbeddedServer } from "../../../tools/embeddedServer";
import { TestServer } from "../../support/server";
import { run } from "../process";
import { Api, folder, removeFolders } from "../support";

describe("server: the command", () => {
  afterEach(async () => {
    await TestServer.killAll();
    removeFolders();
  });

  it("prints its URL and that training is simulated, and stops on SIGTERM and SIGINT", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const server = await TestServer.start({ dataFolder: folder() });
      assert.equal((await new Api(server.url).call("GET", "/healthz")).status, 200);
      const url = server.url;
      const { exit, stdout = "" } = (await server.terminate(signal)) ?? {};
      assert.match(stdout, new RegExp(`^mistral-fine-tuning-server listening on ${url}$`, "m"));
      assert.match(stdout, /^Training is simulated: no model is trained/m);
      assert.equal(exit, 0);
    }
  });

  it("reads API keys from the command line, a file and the environment", async () => {
    const dataDir = folder();
    const keysFile = join(dataDir, "keys");
    writeFileSync(keysFile, "# a comment\n\nfrom-file\r\n");
    const args = ["--api-key", "one", "--api-key", "two", "--keys-file", keysFile];
    const env = { MISTRAL_SERVER_API_KEYS: "three, four" };
    const server = await TestServer.start({ dataFolder: dataDir, args, env });
    const { url } = server;
    for (const key of ["one", "two", "three", "four", "from-file"]) {
      assert.equal((await new Api(url, key).call("GET", "/v1/models")).status, 200, key);
    }
    assert.equal((await new Api(url, "five").call("GET", "/v1/models")).status, 401);
    assert.equal((await new Api(url).call("GET", "/v1/models")).status, 401);
    assert.equal((await server.terminate())?.exit, 0);
  });

  it("stores its data in the user's data folder by default", async () => {
    const home = folder();
    const server = await startEmbeddedServer(undefined, [], { env: { XDG_DATA_HOME: home } });
    assert.equal((await server.stop()).exit, 0);
    assert.ok(existsSync(join(home, "mistral-fine-tuning-server", "server.db")));
  });

  it("fails a job after an internal error, logs the error, and continues with other jobs", async () => {
    const dataDir = folder();
    const server = await TestServer.start({ dataFolder: dataDir });
    const api = new Api(server.url);
    const lost = await api.fileId();
    rmSync(join(dataDir, "files", lost));
    const job = await api.until((await api.job({ training_files: [lost] })).id, "FAILED");
    assert.equal(job.events[0].data.reason, `Internal error of the server; search its log for job ${job.id}`);
    await api.trained();
    const { exit, stderr = "" } = (await server.terminate()) ?? {};
    assert.equal(exit, 0);
    assert.match(stderr, new RegExp(`ENOENT.*"jobId":"${job.id}"`));
  });

  it("prints the help and the version", async () => {
    const help = await run(["--help"]);
    assert.equal(help.code, 0);
    for (const option of [
      "host",
      "port",
      "data",
      "api-key",
      "keys-file",
      "trainer",
      "models",
      "recipe",
      "max-jobs",
      "webhook",
      "webhook-secret-file",
      "speed",
      "help",
      "version",
    ]) {
      assert.match(help.stdout, new RegExp(`--${option}\\b`));
    }
    const { code, stdout } = await run(["--version"]);
    assert.deepEqual([code, stdout], [0, `${require("../../../server/package.json").version}\n`]);
  });

  for (const [args, message] of [
    [["--prot", "1"], /Unknown option '--prot'; --help lists the options/],
    [["stray"], /Unexpected argument 'stray'/],
    [["--port", "eighty"], /--port takes a whole number from 0 to 65535, not eighty/],
    [["--port", "65536"], /--port takes a whole number/],
    [["--speed", "0"], /--speed takes a number above 0/],
    [["--speed", "fast"], /--speed takes a number above 0/],
    [["--trainer", "process"], /--trainer process needs --models FILE/],
    [["--trainer", "magic"], /--trainer must be one of simulated, process, ray, not magic/],
    [["--trainer", "process", "--models", "/nowhere.yaml"], /cannot read the models file \/nowhere\.yaml: ENOENT/],
    [["--max-jobs", "0"], /--max-jobs takes a whole number from 1 to 1000, not 0/],
    [["--hang-timeout", "never"], /--hang-timeout takes a number above 0/],
    [["--api-key", "a b"], /must not be empty or contain white space/],
    [["--api-key", "sha256:abc"], /begins with sha256: must have exactly 64 hexadecimal digits/],
    [["--keys-file", "/nowhere/keys"], /cannot read the keys file: ENOENT/],
    [["--host", "0.0.0.0"], /Listening on 0\.0\.0\.0 needs API keys/],
    [["--host", "256.1.1.1", "--api-key", "k"], /256\.1\.1\.1 is not an address of this machine/],
    [["--public-url", "example.com"], /--public-url is not an http:\/\/ or https:\/\/ URL; pass the URL at which/],
    [["--public-url", "ftp://example.com"], /--public-url is not an http:\/\/ or https:\/\/ URL/],
    [["--public-url", "https://user:secret@example.com"], /^--public-url must not contain credentials; (?!.*secret)/],
    [["--public-url", "https://example.com/?a=1"], /--public-url must not contain a query or a fragment/],
    [
      ["--webhook", "https://example.com"],
      /--webhook needs a secret that signs the notifications: make one with `\(umask 077; node -p/,
    ],
    [["--data", "/dev/null/x"], /cannot use the data folder \/dev\/null\/x: ENOTDIR/],
  ] as [string[], RegExp][]) {
    it(`rejects ${args.join(" ")}`, async () => {
      const start = async () =>
        startServer(parseOptions(["--port", "0", "--data", folder(), ...args], {}) as ServerOptions);
      await assert.rejects(start, { name: "UsageError", message });
    });
  }

  it("prints an invalid option in one line", async () => {
    const { code, stdout, stderr } = await run(["--trainer", "process"]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^mistral-fine-tuning-server: --trainer process needs --models FILE[^\n]+\n$/);
  });

  it("prints in one line that its port is in use", async () => {
    const server = await TestServer.start({ dataFolder: folder() });
    const { port } = new URL(server.url);
    const { code, stderr } = await run(["--port", port, "--data", folder()]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      new RegExp(`^mistral-fine-tuning-server: Port ${port} on 127\\.0\\.0\\.1 is in use; [^\n]+\n$`),
    );
    assert.equal((await server.terminate())?.exit, 0);
  });
});

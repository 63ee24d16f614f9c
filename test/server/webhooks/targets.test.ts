import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Webhook } from "standardwebhooks";
import { runDoctor } from "../../../server/src/cli/doctor/doctor";
import { parseOptions } from "../../../server/src/cli/options";
import { type ServerOptions, startServer } from "../../../server/src/index";
import { post } from "../../../server/src/webhooks/post";
import { parseWebhooks } from "../../../server/src/webhooks/targets";
import { folder, removeFolders } from "../support";
import { SECRET } from "./receiver";

const URL_WITH_TOKEN = "https://hooks.example.com/path-token?token=query-token";

describe("server: the options of webhooks", () => {
  after(removeFolders);

  const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString("base64")}`;

  it("accept up to 10 URLs, each once, and a secret from a file or the environment", () => {
    const file = join(folder(), "secret");
    writeFileSync(file, `${SECRET}\n`);
    const parse = (args: string[], env: NodeJS.ProcessEnv) =>
      parseWebhooks(
        parseOptions(["--webhook", URL_WITH_TOKEN, "--webhook", URL_WITH_TOKEN, ...args], env) as ServerOptions,
      );
    const fromFile = parse(["--webhook-secret-file", file], { MISTRAL_SERVER_WEBHOOK_SECRET: "ignored" });
    const fromEnvironment = parse([], { MISTRAL_SERVER_WEBHOOK_SECRET: SECRET });
    assert.deepEqual(fromFile, fromEnvironment);
    assert.deepEqual([fromFile?.secret, fromFile?.targets.length], [SECRET, 1]);
    assert.equal(fromFile?.targets[0]?.name, "https://hooks.example.com");
    for (const webhookSecret of [secretOf(24), secretOf(64)])
      assert.ok(parseWebhooks({ webhooks: ["http://a"], webhookSecret }));
    const more = parse(["--webhook-secret-file", file], {
      MISTRAL_SERVER_WEBHOOKS: ` http://localhost/a,http://localhost/b\nhttp://localhost/c, ${URL_WITH_TOKEN} `,
    });
    assert.deepEqual(
      more?.targets.map(({ url }) => url.href),
      [URL_WITH_TOKEN, "http://localhost/a", "http://localhost/b", "http://localhost/c"],
    );
    const urls = Array.from({ length: 10 }, (_, index) => `http://localhost/${index}`);
    assert.equal(parseWebhooks({ webhooks: urls, webhookSecret: SECRET })?.targets.length, 10);
    assert.equal(parseWebhooks({ webhookSecret: SECRET }), undefined);
  });

  for (const [what, webhooks, webhookSecret, message] of [
    ["a missing secret", [URL_WITH_TOKEN], undefined, /needs a secret .*`\(umask 077; node -p .*--webhook-secret-file/],
    [
      "a secret without prefix",
      [URL_WITH_TOKEN],
      SECRET.slice(6),
      /must be whsec_ followed by .*`\(umask 077; node -p/,
    ],
    ["a short secret", [URL_WITH_TOKEN], secretOf(23), /base64 of 24 to 64 bytes/],
    ["a long secret", [URL_WITH_TOKEN], secretOf(65), /base64 of 24 to 64 bytes/],
    ["a secret that is not base64", [URL_WITH_TOKEN], `${SECRET.slice(0, -4)}-_-_`, /base64 of 24 to 64 bytes/],
    ["a URL of another protocol", ["ftp://a/token"], SECRET, /takes an http:\/\/ or https:\/\/ URL/],
    ["a URL without protocol", ["hooks.example.com"], SECRET, /takes an http:\/\/ or https:\/\/ URL/],
    ["credentials", ["https://user:secret@a/token"], SECRET, /must not contain credentials \(https:\/\/a\)/],
    ["11 URLs", Array.from({ length: 11 }, (_, index) => `http://a/${index}`), SECRET, /at most 10 times, not 11/],
  ] as [string, string[], string | undefined, RegExp][]) {
    it(`reject ${what}, and show no secret`, async () => {
      const options = { dataDir: folder(), webhooks, ...(webhookSecret !== undefined && { webhookSecret }) };
      await assert.rejects(startServer(options), (error: Error) => {
        assert.equal(error.name, "UsageError");
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /token|user:|secret@/);
        assert.ok(webhookSecret === undefined || !error.message.includes(webhookSecret));
        return true;
      });
    });
  }

  it("reject a secret file that cannot be read", () => {
    const args = ["--webhook", "http://a", "--webhook-secret-file", "/nowhere/secret"];
    const message = /cannot read --webhook-secret-file: ENOENT/;
    assert.throws(() => parseOptions(args, {}), { name: "UsageError", message });
  });

  it("are checked by doctor, which sends nothing and prints no token", async () => {
    const lines: string[] = [];
    const diagnose = (options: Partial<ServerOptions>) =>
      runDoctor({ dataDir: folder(), ...options }, (line) => lines.push(line));
    const webhooks = [URL_WITH_TOKEN, "http://hooks.example.com/", "http://127.0.0.1:9/"];
    await diagnose({ webhooks, webhookSecret: SECRET });
    assert.equal(await diagnose({ webhooks }), 1);
    const [first, second, third, failed] = lines.filter((line) => line.includes("webhook"));
    assert.equal(first, "ok      webhook: https://hooks.example.com");
    assert.equal(second, "note    webhook: http://hooks.example.com is not encrypted: use https");
    assert.equal(third, "ok      webhook: http://127.0.0.1:9");
    assert.match(failed as string, /^failed {2}webhook: --webhook needs a secret/);
    assert.doesNotMatch(lines.join("\n"), /token/);
    const file = join(folder(), "secret");
    writeFileSync(file, SECRET);
    const noteOn = async (mode: number) => {
      chmodSync(file, mode);
      lines.length = 0;
      await runDoctor(parseOptions(["--webhook-secret-file", file, "--data", folder()], {}) as ServerOptions, (line) =>
        lines.push(line),
      );
      return lines.filter((line) => line.includes("secret"));
    };
    assert.deepEqual(await noteOn(0o640), []);
    assert.deepEqual(await noteOn(0o644), [
      `note    webhook secret: all users of this machine can access ${file}: run chmod 600 on the file`,
    ]);
  });
});

describe("the documented receiver of notifications", () => {
  const path = resolve(__dirname, "../../../examples/self-hosted/receiver.mjs");

  it("prints what it receives, and refuses a signature that is not valid", async () => {
    const lines = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => /^ *(const|console|import|server|response)/.test(line));
    assert.ok(lines.length <= 10, "ten lines");
    const env = { ...process.env, WEBHOOK_SECRET: SECRET, PORT: "0" };
    const child = spawn(process.execPath, [path], { env, stdio: ["ignore", "pipe", "inherit"] });
    try {
      const output = createInterface(child.stdout)[Symbol.asyncIterator]();
      const next = async () => (await output.next()).value as string;
      const [, port] = /port: (\d+)/.exec(await next()) as unknown as [string, string];
      const body = JSON.stringify({ type: "job.finished", data: { job_id: "a-job", model: "m\n\u001b[2J" } });
      const now = new Date();
      const send = (secret: string) =>
        post(new URL(`http://127.0.0.1:${port}`), {
          headers: {
            "webhook-id": "msg_1",
            "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
            "webhook-signature": new Webhook(secret).sign("msg_1", now, body),
          },
          body,
          timeoutMs: 10_000,
          signal: new AbortController().signal,
        });
      assert.equal(await send(SECRET), 204);
      assert.equal(await next(), String.raw`{"type":"job.finished","job_id":"a-job","model":"m\n\u001b[2J"}`);
      assert.equal(await send(`whsec_${Buffer.alloc(32).toString("base64")}`), 400);
    } finally {
      child.kill();
      await once(child, "exit");
    }
  });
});

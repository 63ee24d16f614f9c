import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { LifecycleHarness } from "../../support/lifecycle";
import { sample } from "../../support/samples";
import { ScriptedServer } from "../../support/scriptedServer";

const bin = resolve(__dirname, "../../../provider/bin/pulumi-mistral.js");

describe("pulumi-mistral check --show N --model NAME", () => {
  let folder: string;
  let server: ScriptedServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "rows-"));
    server = await ScriptedServer.start();
    await writeFile(join(folder, "train.jsonl"), `${sample("Peru?", "Lima.")}{}\n\n${sample("Cuba?", "Havana.")}`);
    await writeFile(join(folder, "more.jsonl"), sample("Chile?", "Santiago."));
  });
  after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  async function run(env: Record<string, string>, ...options: string[]) {
    const args = ["check", "train.jsonl", "more.jsonl", "--skip", "0.5", "--model", "a/b", ...options];
    const result = await execa(process.execPath, [bin, ...args], {
      cwd: folder,
      reject: false,
      env: { MISTRAL_BASE_URL: server.url, MISTRAL_API_KEY: "", ...env },
    });
    return { ...result, lines: result.stdout.split("\n") };
  }

  const row = (line: number, row: number, context: string, learned: string) => ({
    line,
    row,
    input_ids: [1, 2, 3],
    labels: [-100, 2, 3],
    text: context + learned,
    learned,
  });

  it("prints the exact text of the server's tokens, and marks what counts for the loss", async () => {
    const data = [
      row(1, 0, "<s>[INST]Peru?[/INST]", "Lima.\u001b</s>"),
      row(2, 0, "<s>", "Hav"),
      row(2, 1, "<s>x", "Havana.</s>"),
    ];
    server.script({ json: { object: "list", data } });
    const { exitCode, stderr, lines } = await run({ MISTRAL_API_KEY: "key" }, "--show", "2");
    assert.deepEqual([exitCode, stderr], [0, ""]);
    assert.deepEqual(lines.slice(0, 10), [
      "train.jsonl:1: 3 tokens, 2 of them count for the loss",
      "<s>[INST]Peru?[/INST]⟦Lima.\\u001b</s>⟧",
      "",
      "train.jsonl:4: row 1 of 2: 3 tokens, 2 of them count for the loss",
      "<s>⟦Hav⟧",
      "",
      "train.jsonl:4: row 2 of 2: 3 tokens, 2 of them count for the loss",
      "<s>x⟦Havana.</s>⟧",
      "",
      `The text that counts for the loss is ⟦in brackets⟧. This is the exact text of the tokens of a/b on ${server.url}.`,
    ]);
    const { method, path, query, headers, body } = server.only;
    assert.deepEqual([method, path, query], ["POST", "/v1/fine_tuning/models/a%2Fb/rows", { rows: "1000" }]);
    assert.deepEqual([headers["content-type"], headers.authorization], ["application/x-ndjson", "Bearer key"]);
    assert.equal(body.toString(), sample("Peru?", "Lima.") + sample("Cuba?", "Havana."));
  });

  it("prints the learned text apart when it cannot be found in the text", async () => {
    server.script({ json: { object: "list", data: [{ ...row(1, 0, "<s>", "x"), learned: "\ufffd" }] } });
    const { lines } = await run({}, "--show", "1");
    assert.deepEqual(lines.slice(1, 3), ["<s>x", "counts for the loss: ⟦\ufffd⟧"]);
  });

  for (const [what, answer, message] of [
    [
      "a sample that the model rejects, with its place",
      { status: 422, json: { detail: [{ loc: ["body"], msg: "line 3: messages[1].content: no thinking" }] } },
      "URL could not show the samples with a/b: more.jsonl:1: messages[1].content: no thinking",
    ],
    [
      "a training program that cannot show tokens",
      { status: 501, json: { message: "The training program of this server does not have the command show" } },
      "URL cannot show the tokens of a/b: The training program of this server does not have the command show. Remove --model to print the samples without the server.",
    ],
    [
      "a server without this route, such as the hosted API",
      { status: 404, json: { message: "no Route matched with those values" } },
      "URL cannot show the tokens of a/b: this needs mistral-fine-tuning-server with a training program, and a model of its models file. Remove --model to print the samples without the server.",
    ],
    [
      "samples that are too large",
      { status: 413, json: { message: "too large" } },
      "--model: the samples are larger than 1 MiB. Show fewer samples with --show.",
    ],
  ] as const) {
    it(`explains ${what}`, async () => {
      server.script(answer);
      const { exitCode, stderr } = await run({}, "--show", "3");
      assert.deepEqual([exitCode, stderr], [1, `pulumi-mistral: ${message.replace("URL", server.url)}`]);
      assert.equal(server.received.length, 1);
    });
  }

  it("explains the environment variables when no server is configured", async () => {
    const { exitCode, stderr } = await run({ MISTRAL_BASE_URL: "" }, "--show", "1");
    assert.deepEqual(
      [exitCode, stderr],
      [
        1,
        "pulumi-mistral: No API key is set for https://api.mistral.ai (the default, because MISTRAL_BASE_URL is not set). Set MISTRAL_API_KEY, and MISTRAL_BASE_URL to your server.",
      ],
    );
  });

  it("explains that the simulated trainer has no tokens", async () => {
    const harness = await LifecycleHarness.create();
    try {
      const { stderr } = await run({ MISTRAL_BASE_URL: harness.url }, "--show", "1", "--model", "open-mistral-7b");
      assert.match(stderr, /^pulumi-mistral: http.* cannot show the tokens of open-mistral-7b: .*simulated/);
    } finally {
      await harness.end();
    }
  });
});

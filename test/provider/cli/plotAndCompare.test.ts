import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { MistralClient, NotFoundError } from "../../../provider/src/client";
import { folder, type Json, samples, withServer } from "../../server/support";

const bin = resolve(__dirname, "../../../provider/bin/pulumi-mistral.js");

async function run(url: string, ...args: string[]) {
  const env = { MISTRAL_BASE_URL: url, MISTRAL_API_KEY: "" };
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bin, ...args], { env, reject: false });
  return { exitCode, stdout, stderr };
}

describe("pulumi-mistral plot and compare", () => {
  const api = withServer();
  let jobs: Json[];
  let plain: Server;
  let plainUrl: string;

  before(async () => {
    const validation_files = [await api.fileId(samples(), "valid.jsonl")];
    const training_files = [await api.fileId(samples(5), "train.jsonl")];
    jobs = await Promise.all(
      [10, 20].map((training_steps) =>
        api.trained({ training_files, validation_files, hyperparameters: { training_steps } }),
      ),
    );
    // Like Mistral's API: it has the job with its checkpoints, and no metrics.
    plain = createServer((request, response) => {
      const job = jobs.find(({ id }) => request.url === `/v1/fine_tuning/jobs/${id}`);
      response.writeHead(job === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(job ?? { object: "error", message: "no route" }));
    }).listen(0);
    plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
  });
  after(() => plain.close());

  const ids = () => jobs.map(({ id }) => id as string);

  it("the client iterates over the pages of the metrics", async () => {
    const client = new MistralClient({ baseUrl: api.url });
    const [id = ""] = ids();
    const pages = [];
    for await (const page of client.jobs.metrics(id, { type: "step", page_size: 4 })) pages.push(page);
    assert.deepEqual(
      pages.map(({ data, simulated }) => [data.map(({ step }) => step), simulated]),
      [
        [[1, 2, 3, 4], true],
        [[5, 6, 7, 8], true],
        [[9, 10], true],
      ],
    );
    const after = pages[0]?.data.at(-1)?.id;
    for await (const { data } of client.jobs.metrics(id, { type: "step", after })) assert.equal(data[0]?.step, 5);
    await assert.rejects(client.jobs.metrics("unknown").next(), NotFoundError);
  });

  it("plot draws the losses of one job, and the training losses of several", async () => {
    const one = await run(api.url, "plot", ids()[0] as string);
    assert.equal(one.exitCode, 0, one.stderr);
    assert.match(one.stdout, /^train_loss, valid_loss by step\n/);
    assert.match(one.stdout, /\* \S+ train_loss: last [\d.]+.*\no \S+ valid_loss: last/);
    assert.match(one.stdout, /The figures of \S+ are made up: simulated training$/);
    assert.ok(!one.stdout.includes("\u001b"));
    const several = await run(api.url, "plot", ...ids(), "--width", "60", "--log");
    assert.match(several.stdout, /^train_loss by step, logarithmic\n/);
    assert.ok(
      several.stdout
        .split("\n")
        .slice(0, 18)
        .every((line) => line.length <= 60),
    );
    assert.match(several.stdout, /1 +\d+ +20\n/);
  });

  it("plot writes an SVG image, and names the metrics that a job has", async () => {
    const file = join(folder(), "chart.svg");
    const { exitCode, stdout } = await run(api.url, "plot", ...ids(), "--metric", "valid_loss", "--svg", file);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^The chart is in /);
    assert.equal((await readFile(file, "utf8")).match(/<polyline/g)?.length, 2);
    const unknown = await run(api.url, "plot", ids()[0] as string, "--metric", "perplexity");
    assert.equal(unknown.exitCode, 1);
    assert.match(unknown.stderr, /nothing to draw.*\n.*no perplexity \(it has .*train_loss, learning_rate/);
  });

  it("plot uses the checkpoints on a server without metrics, and says so", async () => {
    const { exitCode, stdout, stderr } = await run(plainUrl, "plot", ids()[0] as string);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /valid_loss: last/);
    assert.match(stdout, /the server keeps no metrics, so the curve shows the checkpoints/);
    const missing = await run(plainUrl, "plot", "00000000");
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /has no job 00000000\. Check the ID/);
  });

  it("compare prints the differences first, then the figures", async () => {
    const { exitCode, stdout, stderr } = await run(api.url, "compare", ...ids());
    assert.equal(exitCode, 0, stderr);
    const lines = stdout.split("\n");
    const at = (text: string) => lines.findIndex((line) => line.startsWith(text));
    assert.match(lines[at("training_steps")] as string, /^training_steps +10 +20$/);
    assert.match(lines[at("training files")] as string, /train\.jsonl sha256:[0-9a-f]{8} +"$/);
    assert.match(lines[at("validation loss, base → tuned")] as string, /[\d.]+ → [\d.]+ +[\d.]+ → [\d.]+$/);
    assert.match(lines[at("figures")] as string, /made up by the simulator/);
    assert.ok(at("Declarations that differ") < at("training_steps") && at("training_steps") < at("Figures"));
    assert.ok(at("Figures") < at("The same in all jobs") && at("The same in all jobs") < at("model"));

    const markdown = await run(api.url, "compare", ...ids(), "--markdown");
    assert.match(markdown.stdout, /^\*\*Declarations that differ\*\*\n\n\| {2}\| \S+ \| \S+ \|\n\|---\|---\|---\|\n/);
    const json = JSON.parse((await run(api.url, "compare", ...ids(), "--json")).stdout);
    assert.deepEqual(json.jobs, ids());
    assert.deepEqual(json.declarations[0], { name: "training_steps", values: [10, 20], differs: true });
    const loss = json.figures.find(({ name }: Json) => name === "validation loss, last checkpoint");
    assert.deepEqual(
      loss.values,
      jobs.map(({ checkpoints }) => checkpoints[0].metrics.valid_loss),
    );
  });

  it("rejects wrong usage with the exit code 2", async () => {
    for (const args of [
      ["plot"],
      ["plot", "a", "--width", "1"],
      ["compare", "a"],
      ["compare", "a", "b", "--json", "--markdown"],
    ]) {
      assert.equal((await run(api.url, ...args)).exitCode, 2, args.join(" "));
    }
  });
});

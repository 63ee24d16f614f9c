import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeWithEngine } from "../support/engine";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const SECRETS = {
  connection: "sk-connection-4f1d0c",
  config: "sk-config-9b2e7a",
  wandb: "wandb-0123456789012345678901234567890123",
  github: "ghp-repository-77aa31",
};

const program = (url: string, more = "") => `
import { FineTuningJob } from "pulumi-mistral";
const declared = {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 20 },
  repositories: [{ type: "github" as const, owner: "o", name: "n", token: "${SECRETS.github}" }],
  integrations: [{ type: "wandb" as const, project: "p", apiKey: "${SECRETS.wandb}" }],
};
const own = new FineTuningJob("own", { ...declared, connection: { baseUrl: "${url}", apiKey: "${SECRETS.connection}" }, ${more} });
const shared = new FineTuningJob("shared", declared);
export const jobs = [own.jobId, shared.jobId];
export const { connection, integrations, repositories, fineTunedModel } = own;
`;

describeWithEngine("credentials", (engine) => {
  const step = sequence();
  let stack: Stack;
  let url: string;
  let printed = "";

  const run = async (command: Promise<{ code: number; output: string }>) => {
    const { code, output } = await command;
    printed += output;
    return code;
  };

  before(async () => {
    const server = await engine.server({
      speed: 2000,
      args: ["--api-key", SECRETS.connection, "--api-key", SECRETS.config],
    });
    url = server.url;
    stack = await engine.stack({
      files: { "index.ts": program(url), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url, "mistral:apiKey": { secret: SECRETS.config } },
    });
  });

  step("work from the resource's connection and from the stack's config", async () => {
    assert.equal(await run(stack.up("--diff")), 0, printed);
    assert.match(String((await stack.outputs()).fineTunedModel), /^ft:/);
  });

  step("are hidden in the output of an update, a refresh, an invalid input and a failure", async () => {
    await stack.write("index.ts", program(url, 'modelName: "Named",'));
    assert.equal(await run(stack.cmd("preview", "--diff")), 0, printed);
    assert.equal(await run(stack.up("--diff")), 0, printed);
    assert.equal(await run(stack.refresh("--diff")), 0, printed);
    await stack.write("index.ts", program(url, 'suffix: "x".repeat(19),'));
    assert.notEqual(await run(stack.up("--diff")), 0);
    await stack.write("index.ts", program(url, "hyperparameters: { trainingSteps: 20, learningRate: 0.5 },"));
    assert.notEqual(await run(stack.up("--diff")), 0);
    assert.match(printed, /has ended as FAILED/);
    await run(stack.cmd("stack", "output", "--json"));
    await run(stack.cmd("stack", "export"));
  });

  step("are not in any output or in the state folder in plain text", async () => {
    const files = await readdir(stack.stateFolder, { recursive: true, withFileTypes: true });
    const texts: [string, string][] = [["the output", printed]];
    for (const file of files.filter((entry) => entry.isFile())) {
      const path = join(file.parentPath, file.name);
      texts.push([path, await readFile(path, "latin1")]);
    }
    assert.ok(texts.length > 3, "the state folder must contain the stack, its backup and its history");
    for (const [where, text] of texts) {
      for (const [name, secret] of Object.entries(SECRETS)) {
        assert.ok(!text.includes(secret), `the ${name} secret is in ${where}`);
        assert.ok(!text.includes(Buffer.from(secret).toString("base64")), `the encoded ${name} secret is in ${where}`);
      }
    }
    assert.match(texts.map(([, text]) => text).join(""), /ciphertext/);
  });

  step("are shown with --show-secrets", async () => {
    const { connection } = (await stack.outputs({ showSecrets: true })) as { connection: { apiKey: string } };
    assert.equal(connection.apiKey, SECRETS.connection);
    assert.equal(await run(stack.destroy()), 0, printed);
  });

  it("cause a warning when the key is stored in plain text in the config", async () => {
    const plain = await engine.stack({
      files: { "index.ts": program(url), "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": url, "mistral:apiKey": SECRETS.config },
    });
    const { output } = await plain.preview();
    assert.match(output, /warning: mistral:apiKey is stored in plain text .*pulumi config set --secret mistral:apiKey/);
  });
});

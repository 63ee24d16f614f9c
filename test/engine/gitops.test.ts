import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";
import { githubJob, runGitHubJob, runGitLabJob } from "../support/workflows";

const repository = resolve(__dirname, "../..");
const example = join(repository, "examples/gitops");
const KEY = "sk-gitops-1a2b3c";
const CONFIG = "trainings/support-bot.yaml";
const DATA = "data/support-bot/train.jsonl";

describeWithEngine("examples/gitops, from the first commit to a revert", (engine) => {
  const step = sequence();
  let base: string;
  let origin: string;
  let stack: Stack;
  let remote: Remote;
  let secrets: Record<string, string>;
  let first: unknown;
  let comment: string;

  before("create the repository", async () => {
    base = await realpath(await mkdtemp(join(tmpdir(), "mistral-gitops-")));
    origin = join(base, "origin");
    await cp(example, origin, { recursive: true, filter: (path) => !path.endsWith("node_modules") });
    await symlink(join(repository, "node_modules"), join(origin, "node_modules"));
    const server = await engine.server({ speed: 2000, args: ["--api-key", KEY] });
    remote = new Remote(server.url, KEY);
    await edit("Pulumi.yaml", "http://127.0.0.1:8080", server.url);
    stack = await engine.stack({ folder: origin, project: "trainings", name: "prod" });
    secrets = {
      "secrets.PULUMI_BACKEND_URL": String(stack.env.PULUMI_BACKEND_URL),
      "secrets.PULUMI_CONFIG_PASSPHRASE": String(stack.env.PULUMI_CONFIG_PASSPHRASE),
      "secrets.MISTRAL_API_KEY": KEY,
    };
    await git("init", "--initial-branch", "main");
    await commit("Add the first training");
  });
  after(() => rm(base, { recursive: true, force: true }));

  step("`up` on main trains the first model", async () => {
    await deploy();
    first = await model();
    assert.match(String(first), /^ft:open-mistral-7b:support-bo-/);
    assert.equal((await remote.jobs()).length, 1);
  });

  step("a pull request gets a comment with preview, data diff, steps, tokens and cost", async () => {
    await git("switch", "--create", "more-data");
    await edit(CONFIG, "trainingSteps: 100", "trainingSteps: 120");
    await edit(DATA, "I am sorry about that.", "I am very sorry about that.");
    await writeFile(join(origin, DATA), (await read(DATA)) + sample("Is it loud?", "The pump is silent."));
    await commit("More data, more steps");

    const checkout = await pullRequest("more-data");
    const { code, output } = await review(checkout, secrets);
    assert.equal(code, 0, output);
    comment = await readFile(join(checkout, "comment.md"), "utf8");
    assert.match(
      comment,
      /\| support-bot \| trains a new model that replaces the current one \| 41 samples in .*tokens \|/,
    );
    assert.match(comment, /\| 120 steps, [\d,]+ tokens \| [\d.]+ USD, by the training rule of /);
    assert.match(comment, /Changed in the config: hyperparameters/);
    assert.match(comment, /40 → 41 samples: 1 added, 0 removed, 1 changed, 39 unchanged/);
    assert.match(comment, /\+assistant: I am very sorry about that\./);
    assert.match(comment, /trainingFiles\[0\]: data\/support-bot\/train\.jsonl: 40 samples → 41 samples/);
    assert.doesNotMatch(comment, /incomplete|would fail/);
    assert.equal(await readFile(join(base, "summary.md"), "utf8"), comment);
    assert.equal((await remote.jobs()).length, 1);
  });

  step("GitLab's job writes the same comment", async () => {
    const checkout = join(base, "gitlab");
    await execa("git", ["clone", "--quiet", "--branch", "more-data", `file://${origin}`, checkout]);
    await link(checkout);
    const mergeBase = (await git("merge-base", "main", "more-data")).stdout;
    const variables = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name.split(".")[1], value]));
    const pipeline = await read(".gitlab-ci.yml");
    const env = { ...runnerEnv(), ...variables, CI_MERGE_REQUEST_DIFF_BASE_SHA: mergeBase };
    const { code, output } = await runGitLabJob(pipeline, "review", { cwd: checkout, env });
    assert.equal(code, 0, output);
    assert.equal(await readFile(join(checkout, "comment.md"), "utf8"), comment);
  });

  step("a pull request from a fork has no secrets, and its comment says what is missing", async () => {
    const checkout = await pullRequest("more-data");
    const { code, output } = await review(checkout, {});
    assert.equal(code, 0, output);
    const text = await readFile(join(checkout, "comment.md"), "utf8");
    assert.match(
      text,
      /\| support-bot \| trains, unless an earlier job has the same inputs \| 41 samples in .*tokens \| 120 steps/,
    );
    assert.match(text, /about [\d.]+ USD .*from mistral:prices/);
    assert.match(text, /40 → 41 samples: 1 added, 0 removed, 1 changed, 39 unchanged/);
    assert.match(text, /This review is incomplete[\s\S]*no access to the stack[\s\S]*no API key/);
    assert.deepEqual((await execa("git", ["status", "--short"], { cwd: checkout })).stdout, "");
    assert.deepEqual(
      (await readdir(checkout)).filter((file) => file === "Pulumi.review.yaml"),
      [],
    );
  });

  step("an invalid config fails the review with file and field", async () => {
    await git("switch", "--create", "typo", "main");
    await edit(CONFIG, "maxCost: 50", "maxCots: 50");
    await edit(CONFIG, "trainingSteps: 100", "trainingSteps: many");
    await commit("A typo");
    const checkout = await pullRequest("typo");
    const { code, output } = await review(checkout, secrets);
    assert.equal(code, 1, output);
    const expected =
      /trainings\/support-bot\.yaml: hyperparameters\.trainingSteps: .*number[\s\S]*trainings\/support-bot\.yaml: .*"maxCots"/;
    assert.match(await readFile(join(checkout, "comment.md"), "utf8"), expected);
    assert.doesNotMatch(output, /^\s+at /m);
    await fails(stack.preview(), expected);
  });

  step("`up` after the merge trains one new model", async () => {
    await git("switch", "main");
    await git("merge", "--no-ff", "--message", "Merge more-data", "more-data");
    await deploy();
    assert.notEqual(await model(), first);
    assert.equal((await remote.jobs()).length, 2);
  });

  step("a revert restores the first model without training", async () => {
    await git("switch", "--create", "revert");
    await git("revert", "--no-edit", "--mainline", "1", "HEAD");
    const checkout = await pullRequest("revert");
    const { code, output } = await review(checkout, secrets);
    assert.equal(code, 0, output);
    assert.match(
      await readFile(join(checkout, "comment.md"), "utf8"),
      /uses the earlier job \S+ again, trains nothing/,
    );

    await git("switch", "main");
    await git("merge", "--no-ff", "--message", "Merge revert", "revert");
    await deploy();
    assert.equal(await model(), first);
    assert.equal((await remote.jobs()).length, 2);
  });

  const read = (file: string) => readFile(join(origin, file), "utf8");
  const model = async () => ((await stack.outputs()).models as Record<string, unknown>)["support-bot"];
  const link = (checkout: string) => symlink(join(repository, "node_modules"), join(checkout, "node_modules"));

  async function edit(file: string, before: string, after: string): Promise<void> {
    const text = await read(file);
    assert.ok(text.includes(before), `${file} does not contain ${before}`);
    await writeFile(join(origin, file), text.replace(before, after));
  }

  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=A Developer", "-c", "user.email=developer@example.com", ...args], { cwd: origin });

  async function commit(message: string): Promise<void> {
    await git("add", "--all");
    await git("commit", "--message", message);
  }

  /** The environment of a CI runner: neither secrets nor the settings of the stack. */
  function runnerEnv(): NodeJS.ProcessEnv {
    const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, ...env } = stack.env;
    return { ...env, GITHUB_STEP_SUMMARY: join(base, "summary.md") };
  }

  async function deploy(): Promise<void> {
    const job = githubJob(await read(".github/workflows/deploy.yml"), "up");
    const { code, output } = await runGitHubJob(job, { cwd: origin, env: runnerEnv() }, secrets);
    assert.equal(code, 0, output);
  }

  /** Checks out the merge of a branch into main as `actions/checkout` does for a pull request, with the depth in the workflow. */
  async function pullRequest(branch: string): Promise<string> {
    await git("switch", "--detach", "main");
    await git("merge", "--no-ff", "--message", `Merge ${branch} into main`, branch);
    await git("update-ref", "refs/pull/1/merge", "HEAD");
    await git("switch", branch);
    const { steps } = githubJob(await read(".github/workflows/review.yml"), "review");
    const depth = steps.find(({ uses }) => uses?.startsWith("actions/checkout@"))?.with?.["fetch-depth"];
    const checkout = await mkdtemp(join(base, "checkout-"));
    await execa("git", ["init", "--quiet"], { cwd: checkout });
    await execa("git", ["fetch", "--quiet", `--depth=${depth}`, `file://${origin}`, "refs/pull/1/merge"], {
      cwd: checkout,
    });
    await execa("git", ["checkout", "--quiet", "FETCH_HEAD"], { cwd: checkout });
    await link(checkout);
    return checkout;
  }

  async function review(checkout: string, values: Record<string, string>) {
    await rm(join(base, "summary.md"), { force: true });
    const job = githubJob(await read(".github/workflows/review.yml"), "review");
    return runGitHubJob(job, { cwd: checkout, env: runnerEnv() }, values);
  }
});

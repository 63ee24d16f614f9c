import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Api, folder, removeFolders } from "../server/support";
import { describeWithPython } from "../support/python";
import { TestServer } from "../support/server";
import { python } from "./python/environment";
import { openApiFile } from "./schemas";

const KEY = "the-key";

/** A fixed seed and pinned versions, so that a failure is reproducible. */
const SEED = 20_260_701;
const MAX_EXAMPLES = 100;

describeWithPython("schemathesis", function () {
  // The first run on a machine installs schemathesis.
  this.timeout(8 * 60_000);
  let server: TestServer;
  let api: Api;

  before(async () => {
    server = await TestServer.start({ speed: 1000, args: ["--api-key", KEY] });
    api = new Api(server.url, KEY);
  });

  after(async () => {
    await server.stopAndRemove();
    removeFolders();
  });

  it("finds no difference between the server and the OpenAPI document", async () => {
    const fileId = await api.fileId();
    const jobs = await Promise.all(Array.from({ length: 8 }, () => api.job({ auto_start: false })));
    const ids = jobs.map((job) => job.id);
    await Promise.all(ids.map((id) => api.until(id, "VALIDATED")));

    const { exitCode, output } = await schemathesis(config(fileId, ids));
    assert.equal(exitCode, 0, output);
    console.log(`      schemathesis: ${/\d+ generated, .*/.exec(output)}`);
    assert.match(output, /Tested: 5\b/);
    assert.match(output, / (\d+) generated, \1 passed/);
    // Otherwise schemathesis would have tested only rejected requests.
    assert.doesNotMatch(output, /Missing test data/);
    const { total } = await api.ok("GET", "/v1/fine_tuning/jobs");
    assert.ok(total > jobs.length + 10, `only ${total - jobs.length} jobs were created`);
  });

  /** Runs schemathesis in a temporary folder, because it creates `.hypothesis` and `.schemathesis`. */
  async function schemathesis(settings: string) {
    const cwd = folder();
    await writeFile(join(cwd, "schemathesis.toml"), settings);
    const args = [
      ...[
        "-m",
        "schemathesis.cli",
        "run",
        openApiFile,
        "--url",
        `${server.url}/v1`,
        "-H",
        `Authorization: Bearer ${KEY}`,
      ],
      // The excluded check expects the server to accept every body that the document allows, but the document has no bounds for
      // most fields.
      ...["--checks", "all", "--exclude-checks", "positive_data_acceptance"],
      ...[
        "--seed",
        String(SEED),
        "--max-examples",
        String(MAX_EXAMPLES),
        "--generation-database",
        "none",
        "--no-color",
      ],
    ];
    const { exitCode, all } = await python("schemathesis", args, cwd, 3 * 60_000);
    return { exitCode, output: `${all}` };
  }
});

/**
 * Gives schemathesis IDs that exist and values within the server's bounds, so that some requests succeed: a random ID never
 * matches a file, and the document has no bounds for a learning rate. All other values stay random.
 */
function config(fileId: string, jobIds: string[]): string {
  const values = {
    files: [fileId],
    jobs: jobIds,
    texts: ["a", "Zürich"],
    rates: [1e-8, 0.0001, 0.05, 1],
    fractions: [0, 0.5, 1],
    keys: ["k".repeat(40)],
  };
  const parameters: [path: string, values: keyof typeof values][] = [
    ["path.job_id", "jobs"],
    ["body.model", "texts"],
    ["body.suffix", "texts"],
    ["body.training_files[*].file_id", "files"],
    ["body.training_files[*].weight", "fractions"],
    ["body.validation_files[*]", "files"],
    ["body.hyperparameters.learning_rate", "rates"],
    ["body.hyperparameters.weight_decay", "fractions"],
    ["body.integrations[*].project", "texts"],
    ["body.integrations[*].name", "texts"],
    ["body.integrations[*].api_key", "keys"],
  ];
  return [
    "[dictionaries]",
    ...Object.entries(values).map(([name, entries]) => `${name} = { values = ${JSON.stringify(entries)} }`),
    "[parameters]",
    ...parameters.map(([path, name]) => `"${path}" = { dictionary = "${name}", probability = 0.9 }`),
  ].join("\n");
}

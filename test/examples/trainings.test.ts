import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Ajv from "ajv";
import { parse } from "yaml";
import { schemaText } from "../../examples/gitops/scripts/schemaText";
import { readTrainings } from "../../examples/gitops/trainings";

const example = resolve(__dirname, "../../examples/gitops");
const committed = readFileSync(join(example, "training.schema.json"), "utf8");
const config = readFileSync(join(example, "trainings/support-bot.yaml"), "utf8");

describe("the training configs of examples/gitops", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mistral-trainings-"));
    mkdirSync(join(folder, "trainings"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const problemsOf = (text: string, file = "a.yaml") => {
    writeFileSync(join(folder, "trainings", file), text);
    return readTrainings(folder).problems;
  };

  it("have a JSON schema for editors that matches the zod schema", () => {
    assert.equal(committed, schemaText());
  });

  it("name the JSON schema, which accepts them and rejects an unknown field", () => {
    assert.match(config, /^# yaml-language-server: \$schema=\.\.\/training\.schema\.json\n/);
    const isValid = new Ajv().compile(JSON.parse(committed));
    assert.ok(isValid(parse(config)), JSON.stringify(isValid.errors));
    assert.equal(isValid({ ...parse(config), maxCots: 5 }), false);
  });

  it("are read by name", () => {
    cpSync(join(example, "trainings"), join(folder, "trainings"), { recursive: true });
    const { trainings, problems } = readTrainings(folder);
    assert.deepEqual(problems, []);
    assert.deepEqual(trainings, { "support-bot": parse(config) });
  });

  it("cause a message with file and field for an unknown key, a wrong type and a missing field", () => {
    const text = config.replace("trainingSteps: 100", "trainingSteps: many").replace("maxCost", "maxCots");
    assert.deepEqual(problemsOf(text.replace("model:", "modle:")), [
      "trainings/a.yaml: model: Invalid input: expected string, received undefined",
      "trainings/a.yaml: hyperparameters.trainingSteps: Invalid input: expected number, received string",
      'trainings/a.yaml: Unrecognized keys: "modle", "maxCots"',
    ]);
    assert.deepEqual(problemsOf(""), ["trainings/a.yaml: Invalid input: expected object, received null"]);
  });

  it("cause a message with line and column for invalid YAML", () => {
    assert.deepEqual(problemsOf("model: a\nmodel: b\n"), [
      "trainings/a.yaml: Map keys must be unique at line 2, column 1:",
    ]);
  });

  it("must end in .yaml", () => {
    assert.deepEqual(problemsOf(config, "a.yml"), ["trainings/a.yml: expected a file that ends in .yaml"]);
  });
});

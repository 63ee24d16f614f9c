import type { RawInputs } from "../../../provider/src/lifecycle/check";
import { ASSET } from "../../support/samples";

export const SECRET = "s3cret-value-never-to-be-printed";
const EACH_LINE = "expected a JSON object on each line";
const DURATION = 'expected a duration in h, m and s, such as "90m" or "1h30m"';

/**
 * Title, inputs, and the expected line in the preview. Placeholders: `{folder}` is the data folder, `{train}` a valid file in it,
 * `{relative}` the data folder relative to the working directory, and `{url}` the server.
 */
export const badInputs: [what: string, inputs: RawInputs, line: string][] = [
  ["no model", { model: undefined }, "model: is required"],
  ["an empty model", { model: "" }, "model: expected at least 1 character, got none"],
  ["null", { model: null }, "model: expected a string, got null"],
  ["a number as a string", { maxCost: "10" }, "maxCost: expected a number, got a string"],
  [
    "a whole number as a string",
    { hyperparameters: { trainingSteps: SECRET } },
    "hyperparameters.trainingSteps: expected a number, got a string",
  ],
  ["NaN", { hyperparameters: { epochs: NaN } }, "hyperparameters.epochs: expected a number, got NaN"],
  ["an infinite number", { pollInterval: Infinity }, "pollInterval: expected a number, got an infinite number"],
  ["a string as a boolean", { autoStart: "true" }, "autoStart: expected a boolean, got a string"],
  [
    "a fraction of a step",
    { hyperparameters: { trainingSteps: 1.5 } },
    "hyperparameters.trainingSteps: expected a whole number, got a fraction",
  ],
  [
    "no step",
    { hyperparameters: { trainingSteps: 0 } },
    "hyperparameters.trainingSteps: expected a number that is at least 1, got a number out of range",
  ],
  [
    "no epoch",
    { hyperparameters: { epochs: 0 } },
    "hyperparameters.epochs: expected a number that is more than 0, got a number out of range",
  ],
  [
    "a learning rate out of range",
    { hyperparameters: { learningRate: 2 } },
    "hyperparameters.learningRate: expected a number that is at most 1, got a number out of range",
  ],
  ["a suffix of 19 characters", { suffix: "x".repeat(19) }, "suffix: expected at most 18 characters, got 19"],
  [
    "a key of the wrong length",
    { integrations: [{ type: "wandb", project: "p", apiKey: SECRET }] },
    `integrations[0].apiKey: expected exactly 40 characters, got ${SECRET.length}`,
  ],
  [
    "a value that is not in an enum",
    { modelDeletionPolicy: SECRET },
    'modelDeletionPolicy: expected "retain", "archive" or "delete", got a different string',
  ],
  ["a list as an object", { hyperparameters: [] }, "hyperparameters: expected an object, got a list"],
  ["an object as a list", { triggers: {} }, "triggers: expected a list, got an object"],

  ["an unknown input", { autostart: true }, "autostart: unknown input; did you mean autoStart?"],
  [
    "an input in snake case",
    { validation_files: [] },
    "validation_files: unknown input; did you mean validationFiles?",
  ],
  ["an input unlike any known name", { gpu: SECRET }, "gpu: unknown input"],
  ["a required input, misspelt", { model: undefined, modell: "m" }, "modell: unknown input; did you mean model?"],
  [
    "an unknown input inside an object",
    { hyperparameters: { learningrate: 1 } },
    "hyperparameters.learningrate: unknown input; did you mean learningRate?",
  ],
  [
    "an unknown input inside a list",
    { classifierTargets: [{ nane: "mood", labels: ["good"] }] },
    "classifierTargets[0].nane: unknown input; did you mean name?",
  ],
  [
    "an unknown input inside a file",
    { trainingFiles: [{ pth: SECRET }] },
    "trainingFiles[0].pth: unknown input; did you mean path?",
  ],
  [
    "a name similar to one that only the provider sets",
    { trainingFiles: [{ path: "{train}", sha265: "" }] },
    "trainingFiles[0].sha265: unknown input",
  ],

  ["no data", { trainingFiles: undefined }, "trainingFiles: is required unless repositories is set"],
  ["no file", { trainingFiles: [] }, "trainingFiles: expected at least 1 element, got none"],
  [
    "a number as a file",
    { trainingFiles: [5] },
    "trainingFiles[0]: expected a path, an asset or an object, got a number",
  ],
  [
    "two sources of one file",
    { trainingFiles: [{ path: "{train}", fileId: "x" }] },
    "trainingFiles[0]: expected exactly one of path, asset and fileId",
  ],
  ["a missing file", { trainingFiles: ["{folder}/no.jsonl"] }, "trainingFiles[0]: {folder}/no.jsonl: no such file"],
  [
    "a missing file, relative",
    { trainingFiles: ["{relative}/no.jsonl"] },
    "trainingFiles[0]: {relative}/no.jsonl: no such file (resolved to {folder}/no.jsonl)",
  ],
  ["a directory", { trainingFiles: ["{folder}"] }, "trainingFiles[0]: {folder}: expected a file, got a directory"],
  [
    "an unreadable file",
    { trainingFiles: ["{folder}/loop.jsonl"] },
    "trainingFiles[0]: {folder}/loop.jsonl: too many symbolic links",
  ],
  [
    "an empty file",
    { trainingFiles: ["{folder}/empty.jsonl"] },
    `trainingFiles[0]: {folder}/empty.jsonl: ${EACH_LINE}, got no bytes`,
  ],
  [
    "a CSV file",
    { trainingFiles: ["{folder}/train.csv"] },
    "trainingFiles[0]: {folder}/train.csv:1: is not valid JSON (at character 1)\n  {folder}/train.csv:2: is not valid JSON (at character 1)",
  ],
  [
    "a JSON array",
    { trainingFiles: ["{folder}/array.json"] },
    "trainingFiles[0]: {folder}/array.json:1: expected an object, found a list",
  ],
  [
    "a text that is not JSONL",
    { trainingFiles: [{ ...ASSET, text: SECRET }] },
    "trainingFiles[0]: the string asset:1: is not valid JSON (at character 1)",
  ],
  [
    "a missing remote file",
    { trainingFiles: [{ ...ASSET, uri: `{url}/v1/nothing?signature=${SECRET}` }] },
    "trainingFiles[0]: {url}/v1/nothing: the server answered 404",
  ],
  [
    "the same file twice",
    { trainingFiles: ["{train}", { path: "{train}", weight: 2 }] },
    "trainingFiles[1]: expected each file only once, got {train} with the same content as trainingFiles[0], {train}",
  ],
  [
    "validation on the training data",
    { validationFiles: ["{folder}/copy.jsonl"] },
    "validationFiles[0]: expected data that is not in trainingFiles, got {folder}/copy.jsonl with the same content as trainingFiles[0], {train}",
  ],
  [
    "validation on an uploaded training file",
    { trainingFiles: [{ fileId: "f" }], validationFiles: [{ fileId: "f" }] },
    "validationFiles[0]: expected data that is not in trainingFiles, got the file f with the same content as trainingFiles[0], the file f",
  ],

  [
    "targets on a completion job",
    { jobType: "completion", classifierTargets: [{ name: "mood", labels: ["good"] }] },
    'classifierTargets: expected none with jobType "completion"; use jobType "classifier"',
  ],
  [
    "a classifier without targets",
    { jobType: "classifier" },
    'classifierTargets: expected at least 1 element with jobType "classifier", got none',
  ],
  [
    "huge triggers",
    { triggers: ["x".repeat(100_000)] },
    "triggers: expected at most 65536 bytes as JSON, got 100004; use a hash instead",
  ],
  [
    "a duration without a unit",
    { __timeouts: { create: "90" } },
    `customTimeouts.create: ${DURATION}, got a string in another format`,
  ],
  ["a duration as a number", { __timeouts: { delete: 90 } }, `customTimeouts.delete: ${DURATION}, got a number`],

  [
    "a base URL without a scheme",
    { connection: { baseUrl: "localhost:8080" } },
    'connection.baseUrl: The base URL "localhost:8080" has no scheme. Set "https://localhost:8080", or "http://localhost:8080" for a server on this machine.',
  ],
  [
    "a key with a line break",
    { connection: { apiKey: `${SECRET}\n` } },
    `connection.apiKey: The API key contains a line break at position ${SECRET.length + 1} of ${SECRET.length + 1}, which an HTTP header cannot contain. This character was probably copied by accident. Set the key again without this character.`,
  ],
];

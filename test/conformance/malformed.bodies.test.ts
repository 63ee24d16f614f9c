import * as fc from "fast-check";
import { CLASSIFIER_TARGETS, type Json, withServer } from "../server/support";
import { assertForAll, assertRejected, assertRejectedAt, json, not, notA, text } from "./properties";

const number = notA("number");
const string = notA("string");
const array = notA("array");
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const outside = (min: number, max: number) =>
  fc.oneof(
    number,
    finite.filter((value) => value < min || value > max),
  );
const tooLong = fc.string({ unit: "binary", minLength: 300 });
const noId = fc.oneof(string, text, tooLong);

/** Invalid values for each field of a job-creation request. Most fields treat `null` as absent, so it is not in these lists. */
const JOB: Record<string, fc.Arbitrary<unknown>> = {
  model: fc.oneof(string, tooLong, fc.constantFrom("", null)),
  training_files: fc.oneof(
    array,
    fc.constant([]),
    noId.map((id) => [id]),
    noId.map((file_id) => [{ file_id }]),
  ),
  "training_files.0.weight": fc.oneof(number, fc.double({ min: -1e300, max: 0, noNaN: true })),
  validation_files: fc.oneof(
    array,
    noId.map((id) => [id]),
  ),
  hyperparameters: notA("object"),
  "hyperparameters.training_steps": fc.oneof(outside(1, 1e6), fc.constantFrom(1.5, 0)),
  "hyperparameters.learning_rate": outside(1e-8, 1),
  "hyperparameters.weight_decay": outside(0, 1),
  "hyperparameters.warmup_fraction": outside(0, 1),
  "hyperparameters.epochs": fc.oneof(outside(0, 1e4), fc.constant(0)),
  "hyperparameters.seq_len": fc.oneof(outside(100, 2 ** 20), fc.constant(100.5)),
  "hyperparameters.fim_ratio": outside(0, 1),
  suffix: fc.oneof(string, fc.string({ minLength: 19 }), fc.constantFrom("", "\0", "\ud800")),
  integrations: fc.oneof(
    array,
    json.map((value) => [value]),
  ),
  auto_start: notA("boolean"),
  invalid_sample_skip_percentage: outside(0, 0.5),
  job_type: json.filter((value) => value !== null && value !== "completion"),
  repositories: fc.oneof(
    array,
    json.map((value) => [value]),
  ),
  classifier_targets: fc.oneof(
    array,
    json.map((value) => [value]),
    fc.constant(CLASSIFIER_TARGETS),
  ),
};

const MODEL: Record<string, fc.Arbitrary<unknown>> = {
  name: fc.oneof(string, tooLong, fc.constantFrom("", "\0")),
  description: fc.oneof(string, fc.string({ minLength: 4097, maxLength: 5000 }), fc.constant("")),
};

describe("server: invalid values in a request body are rejected with the path of the field", function () {
  this.timeout(120_000);
  const api = withServer();
  let file_id: string;
  let model: string;

  before(async () => {
    file_id = await api.fileId();
    model = (await api.trained()).fine_tuned_model;
  });

  const job = () => ({
    model: "m",
    training_files: [{ file_id, weight: 1 }],
    hyperparameters: { training_steps: 1 },
    job_type: "completion",
  });

  for (const [path, values] of Object.entries(JOB)) {
    it(`${path} of a job`, () =>
      assertForAll(values.filter(isPlain), async (value) => {
        assertRejectedAt(await api.call("POST", "/v1/fine_tuning/jobs", changed(job(), path, value)), `body.${path}`);
      }));
  }

  for (const [path, values] of Object.entries(MODEL)) {
    it(`${path} of a model`, () =>
      assertForAll(values.filter(isPlain), async (value) => {
        const reply = await api.call("PATCH", `/v1/fine_tuning/models/${model}`, { [path]: value });
        assertRejectedAt(reply, `body.${path}`);
      }));
  }

  it("an unknown field of a job, at every level", () => {
    const names = not(/^(__proto__|constructor)$/);
    return assertForAll(
      fc.tuple(fc.constantFrom("", "hyperparameters.", "training_files.0."), names),
      async ([at, name]) => {
        const reply = await api.call("POST", "/v1/fine_tuning/jobs", changed(job(), at, 1, name));
        assertRejectedAt(reply, `body.${at}${name}`);
      },
    );
  });

  it("the file name, the purpose and unknown fields of an upload", async () => {
    await assertForAll(not(/\.jsonl$/i), async (name) => assertRejected(await api.upload("{}", name)));
    await assertForAll(not(/^[a-z-]+$/), async (purpose) =>
      assertRejected(await api.upload("{}", "x.jsonl", { purpose })),
    );
    await assertForAll(not(/^(file|purpose|visibility)$/), async (name) =>
      assertRejected(await api.upload("{}", "x.jsonl", { [name]: "x" })),
    );
  });
});

/** Whether the value has no `__proto__` or `constructor` key. The JSON parser rejects a body with such a key without a path. */
function isPlain(value: unknown): boolean {
  return !/"(__proto__|constructor)":/.test(JSON.stringify(value));
}

/** Replaces the value at a path of the body, or, with `name`, adds a field of that name to the object at the path. */
function changed(body: Json, path: string, value: unknown, name?: string): Json {
  const keys = path.split(".").filter((key) => key !== "");
  const last = name ?? (keys.pop() as string);
  const parent = keys.reduce((each, key) => each[key], body);
  parent[last] = value;
  return body;
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { parse } from "yaml";

export const openApiFile = join(__dirname, "openapi.yaml");

// Not strict: the descriptions use keywords that are theirs, such as `example`.
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(parse(readFileSync(openApiFile, "utf8")), "openapi");
const jobSchema = JSON.parse(readFileSync(join(__dirname, "fine-tuning-job.schema.json"), "utf8"));

/** What a job must be, by each of the two descriptions. */
export const jobSchemas = {
  "the JSON schema of a job": ajv.compile(jobSchema),
  "the OpenAPI document": ajv.compile({ $ref: "openapi#/components/schemas/FineTuningJob" }),
};

export const jobListSchema = ajv.compile({ $ref: "openapi#/components/schemas/FineTuningJobList" });

/** What is wrong with a value, one line for each mistake; empty when nothing is. */
export function mistakes(validate: ValidateFunction, value: unknown): string[] {
  return validate(value) ? [] : (validate.errors ?? []).map((each) => `${each.instancePath}: ${each.message}`);
}

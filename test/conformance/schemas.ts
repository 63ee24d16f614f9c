import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import { parse } from "yaml";

export const openApiFile = join(__dirname, "openapi.yaml");

// Not strict: the OpenAPI document uses keywords that JSON Schema does not define, such as `example`.
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(parse(readFileSync(openApiFile, "utf8")), "openapi");
const jobSchema = JSON.parse(readFileSync(join(__dirname, "fine-tuning-job.schema.json"), "utf8"));

/** Validators of a job: one from the JSON schema, one from the OpenAPI document. */
export const jobSchemas = {
  "the JSON schema of a job": ajv.compile(jobSchema),
  "the OpenAPI document": ajv.compile({ $ref: "openapi#/components/schemas/FineTuningJob" }),
};

export const jobListSchema = ajv.compile({ $ref: "openapi#/components/schemas/FineTuningJobList" });

/** Returns the schema errors of a value, one line each; empty when the value is valid. */
export function errorsOf(validate: ValidateFunction, value: unknown): string[] {
  return validate(value) ? [] : (validate.errors ?? []).map((each) => `${each.instancePath}: ${each.message}`);
}

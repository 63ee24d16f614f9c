import { createHash } from "node:crypto";
import { awaitsStart, isUnstarted } from "#common";
import { snakeCase } from "#common/snakeCase";
import type { DetailedJob, MistralClient } from "../client";
import { IDENTITY_VERSION, identityOf } from "../inputs/identity";
import { type Inputs, inputsSchema } from "../schema/inputs";
import type { RawInputs } from "./check";
import { pulumiErrorText, withPulumiAdvice } from "./connection/advice";
import { connect } from "./connection/connect";
import { undefinedIfNotFound } from "./connection/notFound";
import { findModel } from "./job/model";
import { withModel } from "./job/withModel";
import { withDashboard } from "./page/dashboard";
import type { Host } from "./runtime/host";
import { type Outputs, toOutputs } from "./state/outputs";
import { uploadedHash } from "./uploads/uploadFiles";

/** What an identity contains besides the inputs. */
interface Owner {
  organization: string;
  urn: string;
}

/**
 * Returns the inputs and the outputs of a job that is not in the state. Never changes the job. A job that waits to be started is
 * imported with `autoStart: false`, so that the next `pulumi up` does not start it. Credentials are missing: the API never returns
 * them.
 *
 * @param options `hashFiles`: read each file, so that the program may name its content by a path later
 * @returns undefined when the server has no such job
 */
export function importJob(
  id: string,
  owner: Owner,
  host: Host,
  { hashFiles }: { hashFiles: boolean },
): Promise<{ inputs: RawInputs; outputs: Outputs } | undefined> {
  return withPulumiAdvice(async () => {
    const { client, baseUrl } = await connect({}, host);
    const { signal } = host;
    const job = await undefinedIfNotFound(client.jobs.get(id, { signal }));
    if (!job) return undefined;
    const inputs = { ...(await inputsOf(job, client, host, hashFiles)), __urn: owner.urn } as Inputs;
    const known = {
      ...inputs,
      __suffix: "user" as const,
      __identity: identityOf(owner.organization, owner.urn, inputs),
      __identityVersion: IDENTITY_VERSION,
    };
    const outputs = await withDashboard(toOutputs(known, job, baseUrl), {}, client, signal);
    const modelId = job.fine_tuned_model;
    const model = modelId === undefined ? undefined : await findModel(client, modelId, job, host, signal);
    return { inputs: known, outputs: withModel(outputs, modelId, model, host) };
  });
}

async function inputsOf(job: DetailedJob, client: MistralClient, host: Host, hashFiles: boolean): Promise<RawInputs> {
  const { model, suffix, job_type, hyperparameters, repositories, integrations, classifier_targets, keep } = job;
  const { training_files: training = [], validation_files: validation = [] } = job;
  const fileId = (id: string) => ({ fileId: id });
  return withoutUndefined({
    model,
    suffix,
    ...(job_type === "classifier" && { jobType: job_type }),
    ...(training.length > 0 && { trainingFiles: training.map(fileId) }),
    ...(validation.length > 0 && { validationFiles: validation.map(fileId) }),
    // Only the keep that was requested: the server's default must not become an input.
    ...((keep === "best" || keep === "last") && { keep }),
    ...(waitsForStart(job) && { autoStart: false }),
    ...inputOf("hyperparameters", hyperparameters),
    ...inputOf("repositories", repositories),
    ...inputOf("integrations", integrations),
    ...inputOf("classifierTargets", classifier_targets),
    ...(hashFiles && { __fileHashes: await hashesOf([...training, ...validation], client, host) }),
  });
}

/** Whether the job is not started, and the server will not start it automatically. */
const waitsForStart = ({ status, auto_start }: DetailedJob) =>
  awaitsStart(status) || (isUnstarted(status) && auto_start !== true);

/** Returns the SHA-256 of each file that can be read. One file after the other, because a hash may need the whole file. */
async function hashesOf(ids: readonly string[], client: MistralClient, host: Host): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const id of ids) {
    const hash = await hashOf(id, client, host);
    if (hash !== undefined) hashes[id] = hash;
  }
  return hashes;
}

async function hashOf(id: string, client: MistralClient, host: Host): Promise<string | undefined> {
  const { signal } = host;
  try {
    const file = await client.files.get(id, { signal });
    const known = uploadedHash(file.filename ?? "");
    if (known !== undefined) return known;
    const hash = createHash("sha256");
    for await (const chunk of await client.files.download(id, { signal })) hash.update(chunk);
    return hash.digest("hex");
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = pulumiErrorText(error);
    host.log(
      undefined,
      `file ${id} could not be read, so the program can name it only by its ID: ${reason}`,
      "warning",
    );
    return undefined;
  }
}

/** Returns one input from the API's value: only fields that the input has, in camelCase. */
function inputOf(name: keyof typeof inputsSchema.shape, value: unknown): RawInputs {
  const fields = fieldsOf(inputsSchema.shape[name]);
  const convert = (item: unknown): RawInputs =>
    withoutUndefined(Object.fromEntries(fields.map((field) => [field, Reflect.get(Object(item), snakeCase(field))])));
  const converted = Array.isArray(value) ? value.map(convert) : convert(value);
  return Object.keys(converted).length > 0 ? { [name]: converted } : {};
}

/** The fields of an object, or of the elements of a list. */
function fieldsOf(schema: object): string[] {
  const inner = Reflect.get(Reflect.get(schema, "def"), "innerType") ?? schema;
  const element = Reflect.get(inner, "element") ?? inner;
  return Object.keys(Reflect.get(element, "shape"));
}

const withoutUndefined = (values: RawInputs): RawInputs =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null));

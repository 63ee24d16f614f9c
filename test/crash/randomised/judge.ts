import { isTerminal, type MistralClient } from "../../../provider/src/client";
import type { Properties } from "../properties";
import { duplicatesIn, type Records, recordsOf, wasStarted } from "../records";
import { duplicate, type Finding, lostId, stuck } from "../verdict";
import type { Resource } from "./resource";

/** Checks the state and the server's records after a successful `up`. */
export async function judgeTrained(
  client: MistralClient,
  { live, old }: Resource,
  { modelName }: Properties,
): Promise<Finding[]> {
  const records = await recordsFor(client, live?.inputs);
  const findings = duplicatesIn(records);
  if (records.jobs.length > 1) findings.push(duplicate(`there are ${records.jobs.length} jobs`));
  const job = records.jobs.find(wasStarted);
  if (!job) return [...findings, stuck("no job was started")];
  if (live?.id !== job.id) findings.push(lostId(`the state has job ${live?.id}, expected ${job.id}`));
  if (live?.outputs.status !== "SUCCESS") findings.push(stuck(`the status in the state is ${live?.outputs.status}`));
  if (live?.initErrors.length) findings.push(stuck(`the state has init errors: ${live.initErrors}`));
  if (old.length > 0) findings.push(stuck("the state still has the replaced job's entry"));
  if (records.files.length === 0) findings.push(stuck("the job exists without its upload"));
  const name = job.fine_tuned_model ? (await client.models.get(job.fine_tuned_model)).name : undefined;
  if (name !== modelName) findings.push(stuck(`the model is named ${name}, expected ${modelName}`));
  return findings;
}

/** Checks the state and the server's records after a successful `destroy`. */
export async function judgeDeleted(client: MistralClient, inputs: Properties, { live, old }: Resource) {
  const { jobs, files } = await recordsFor(client, inputs);
  const started = jobs.filter(wasStarted).length;
  const unfinished = jobs.filter(({ status }) => !isTerminal(status));
  return [
    ...(started === 1 ? [] : [duplicate(`${started} jobs were started in total, expected 1`)]),
    ...(unfinished.length > 0 ? [stuck(`a job still has status ${unfinished.map(({ status }) => status)}`)] : []),
    ...(files.length > 0 ? [stuck("the upload still exists")] : []),
    ...(live || old.length > 0 ? [stuck("the state is not empty")] : []),
  ];
}

/** Returns the records of this declaration only, because the server also has the records of the batch's other seeds. */
function recordsFor(client: MistralClient, inputs: Properties = {}): Promise<Records> {
  const [file] = inputs.trainingFiles as { sha256: string }[];
  return recordsOf(client, { suffix: inputs.suffix as string, file: file?.sha256 as string });
}

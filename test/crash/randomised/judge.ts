import { isTerminal, type MistralClient } from "../../../provider/src/client";
import { duplicatesIn, type Records, recordsOf, wasStarted } from "../records";
import { duplicate, type Finding, lostId, stuck } from "../verdict";
import type { Resource } from "./resource";
import type { Properties } from "./wire";

/** What must hold once an `up` has succeeded. */
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
  if (live?.id !== job.id) findings.push(lostId(`the state has ${live?.id}, and not ${job.id}`));
  if (live?.outputs.status !== "SUCCESS") findings.push(stuck(`the state says ${live?.outputs.status}`));
  if (live?.initErrors.length) findings.push(stuck(`the state has init errors: ${live.initErrors}`));
  if (old.length > 0) findings.push(stuck("an old entry is still to be deleted"));
  if (records.files.length === 0) findings.push(stuck("the upload is gone, and the job stands"));
  const name = job.fine_tuned_model ? (await client.models.get(job.fine_tuned_model)).name : undefined;
  if (name !== modelName) findings.push(stuck(`the model is called ${name}, not ${modelName}`));
  return findings;
}

/** What must hold once a `destroy` has succeeded. */
export async function judgeDeleted(client: MistralClient, inputs: Properties, { live, old }: Resource) {
  const { jobs, files } = await recordsFor(client, inputs);
  const started = jobs.filter(wasStarted).length;
  const open = jobs.filter(({ status }) => !isTerminal(status));
  return [
    ...(started === 1 ? [] : [duplicate(`${started} jobs were started in all`)]),
    ...(open.length > 0 ? [stuck(`a job is still ${open.map(({ status }) => status)}`)] : []),
    ...(files.length > 0 ? [stuck("the upload is still there")] : []),
    ...(live || old.length > 0 ? [stuck("the state is not empty")] : []),
  ];
}

/** Of this declaration: the server has those of all seeds. */
function recordsFor(client: MistralClient, inputs: Properties = {}): Promise<Records> {
  const [file] = inputs.trainingFiles as { sha256: string }[];
  return recordsOf(client, { suffix: inputs.suffix as string, file: file?.sha256 as string });
}

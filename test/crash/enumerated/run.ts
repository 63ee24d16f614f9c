import { isTerminal } from "../../../provider/src/client";
import type { RecordedRequest } from "../../support/proxiedRequest";
import type { Deployment } from "../../support/stack";
import { duplicatesIn, receivedJobId, recordsOf, wasStarted } from "../records";
import { duplicate, type Finding, lostId, stuck, type Verdict } from "../verdict";
import { checkApproval, lostHold } from "./approvals";
import type { CrashEnvironment } from "./crashEnvironment";
import { type FaultPoint, faultAt, nameOf } from "./faultPoint";
import type { Operation } from "./operations";
import { RequestNames } from "./requestNames";

/** The time limit for a command to exit after SIGINT. The command only has to write its state. */
const PROMPT_SECONDS = 20;

/** Runs an operation without faults. Returns the names of its distinct requests. */
export async function requestsOf(environment: CrashEnvironment, operation: Operation): Promise<string[]> {
  await environment.prepare(operation);
  const requests = environment.proxy.route("");
  const { code, output } = await environment.cmd(...operation.command(urnIn(await environment.state())));
  if ((code !== 0) !== (operation.fails ?? false)) {
    throw new Error(`${operation.name} ended with ${code} without any fault:\n${output}`);
  }
  const names = new RequestNames();
  const distinct = [...new Set(requests.map(({ template }) => names.next(template)))];
  return distinct.filter((name) => operation.requests?.test(name) ?? true);
}

/** Runs a command with a fault at one point, then runs it again without faults. Compares the state with the server's records. */
export async function runFaultPoint(environment: CrashEnvironment, point: FaultPoint): Promise<Verdict> {
  const name = nameOf(point);
  const { operation } = point;
  await environment.prepare(operation);
  const before = await environment.state();
  const command = operation.command(urnIn(before));
  const findings: Finding[] = [];
  let interruptedSeconds: number | undefined;
  try {
    const first = await runWithFault(environment, point, command);
    findings.push(...first.findings, ...(await lostHold(environment, operation)));
    interruptedSeconds = first.interruptedSeconds;
    environment.proxy.route("");
    if (await environment.isLocked()) await environment.cmd("cancel", "--yes");
    const { code, output } = await environment.cmd(...command);
    if ((code !== 0) !== (operation.fails ?? false)) {
      findings.push(stuck(`the command ended with ${code} without faults:\n${output}`));
    }
    if (point.kind.startsWith("kill")) await clearPendingCreates(environment);
    findings.push(...(await checkResult(environment, operation)));
    if (operation.expectedResult.approval) findings.push(...(await checkApproval(environment, operation, before)));
  } catch (error) {
    findings.push(stuck((error as Error).message));
    environment.endProcesses();
  }
  return {
    row: point.kind,
    name,
    again: `--host ${environment.host} --point ${JSON.stringify(name)}`,
    findings,
    interruptedSeconds,
  };
}

async function runWithFault(environment: CrashEnvironment, point: FaultPoint, command: string[]) {
  let interruptedAt: number | undefined;
  const fault = faultAt(point, {
    environment,
    interrupt: () => {
      interruptedAt = performance.now();
      running.signal("SIGINT");
    },
  });
  const requests = environment.proxy.route("", fault.decide);
  const running = environment.spawn(...command);
  const { code, output } = await running.result;
  const interruptedSeconds = interruptedAt && (performance.now() - interruptedAt) / 1000;
  // The provider host exits shortly after the CLI. Kill the host instead of waiting for its exit.
  environment.endProcesses();
  const findings: Finding[] = [];
  if (!fault.hit()) findings.push(stuck(`the command never sent this request:\n${output}`));
  if (interruptedSeconds && code === 0) findings.push(stuck(`SIGINT did not stop the command:\n${output}`));
  if (interruptedSeconds && interruptedSeconds > PROMPT_SECONDS) {
    findings.push(stuck(`the command took ${interruptedSeconds.toFixed(0)} s to exit after SIGINT:\n${output}`));
  }
  return { findings: [...findings, ...(await lostIds(environment, point, requests, output))], interruptedSeconds };
}

/**
 * Returns job IDs that the provider received but that are missing from the state. Returns none for a killed command, which cannot
 * write its state.
 */
async function lostIds(
  environment: CrashEnvironment,
  { kind, operation }: FaultPoint,
  requests: readonly RecordedRequest[],
  output: string,
): Promise<Finding[]> {
  if (kind.startsWith("kill")) return [];
  if (kind !== "sigint" && !receivedJobId(requests)) return [];
  const known = new Set((await environment.state()).resources?.map(({ id }) => id));
  const { jobs } = await recordsOf(environment.client);
  const lost = jobs.filter(({ id, status }) => !known.has(id) && (mustStay(operation) || !isTerminal(status)));
  return lost.map(({ id, status }) => lostId(`job ${id} (${status}) is not in the state:\n${output}`));
}

/** Whether every job must be in the state. A replacement removes the first job from it. */
const mustStay = ({ expectedResult: { trained, replaced } }: Operation) => trained && !replaced;

async function checkResult(environment: CrashEnvironment, { expectedResult }: Operation): Promise<Finding[]> {
  const records = await recordsOf(environment.client);
  const { resources = [], pending_operations: pending = [] } = await environment.state();
  const entries = resources.filter(({ type }) => type.endsWith(":FineTuningJob"));
  const jobs = expectedResult.replaced ? 2 : 1;
  const uploads = expectedResult.approval ? 2 : 1;
  const findings = duplicatesIn(records, { jobs, uploads });
  if (records.jobs.length > jobs) findings.push(duplicate(`there are ${records.jobs.length} jobs`));
  if (pending.length > 0) findings.push(stuck(`operations are pending: ${pending.map(({ type }) => type)}`));
  // The list is newest first.
  const job = records.jobs.find(wasStarted);
  if (!job) return [...findings, stuck("no job was started")];
  if (!expectedResult.trained) {
    if (!isTerminal(job.status)) findings.push(stuck(`the job is ${job.status} after the destroy`));
    if (records.files.length > 0) findings.push(stuck("the upload still exists after the destroy"));
    if (resources.length > 0) findings.push(stuck(`the state still contains ${resources.map(({ urn }) => urn)}`));
    return findings;
  }
  const [entry, ...more] = entries;
  if (more.length > 0) findings.push(stuck(`the state has ${entries.length} entries; only one is expected`));
  if (entry?.id !== job.id) findings.push(lostId(`the state has job ${entry?.id}, expected ${job.id}`));
  if (entry?.outputs?.status !== "SUCCESS")
    findings.push(stuck(`the status in the state is ${entry?.outputs?.status}`));
  if (entry?.initErrors?.length) findings.push(stuck(`the state has init errors: ${entry.initErrors}`));
  // The replaced job had the same files, and was deleted with them.
  if (records.files.length === 0 && !expectedResult.replaced) {
    findings.push(stuck("the job exists without its upload"));
  }
  const name = job.fine_tuned_model ? (await environment.client.models.get(job.fine_tuned_model)).name : undefined;
  if (expectedResult.modelName !== undefined && name !== expectedResult.modelName)
    findings.push(stuck(`the model is named ${name}, expected ${expectedResult.modelName}`));
  return findings;
}

const urnIn = ({ resources = [] }: Deployment) =>
  resources.find(({ type }) => type.endsWith(":FineTuningJob"))?.urn ?? "";

/**
 * Clears pending creates with `pulumi refresh --clear-pending-creates`, as Pulumi documents. A CLI that is killed during a creation
 * leaves a pending operation in the state, for any resource type, and a later successful `up` does not remove it.
 * Other pending operations remain and fail the test.
 */
async function clearPendingCreates(environment: CrashEnvironment): Promise<void> {
  const { pending_operations: pending = [] } = await environment.state();
  if (!pending.some(({ type }) => type === "creating")) return;
  await environment.cmd("refresh", "--yes", "--skip-preview", "--clear-pending-creates");
}

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTerminal } from "../../provider/src/client";
import type { Passed } from "../support/proxiedRequest";
import type { Deployment } from "../support/stack";
import type { Lane } from "./lane";
import type { Operation } from "./operations";
import { breakAt, nameOf, type Point } from "./point";
import { duplicatesIn, receivedJobId, recordsOf, wasStarted } from "./records";
import { Steps } from "./steps";
import { duplicate, type Finding, lostId, stuck, type Verdict } from "./verdict";

/** The time limit for a command to end after SIGINT. It only has to write its state. */
const PROMPT_SECONDS = 20;

/** Runs an operation without faults. @returns its distinct requests */
export async function stepsOf(lane: Lane, operation: Operation): Promise<string[]> {
  await lane.set(operation);
  const passed = lane.proxy.route("");
  const { code, output } = await lane.stack.cmd(...operation.command(urnIn(await lane.state())));
  if (code !== 0) throw new Error(`${operation.name} failed without any fault:\n${output}`);
  const steps = new Steps();
  return [...new Set(passed.map(({ template }) => steps.next(template)))];
}

/** Runs a command with a fault at one point, then again without faults. Judges the result by the server's records. */
export async function tryPoint(lane: Lane, point: Point): Promise<Verdict> {
  const name = nameOf(point);
  const { operation } = point;
  await lane.set(operation);
  const command = operation.command(urnIn(await lane.state()));
  const findings: Finding[] = [];
  let interruptedSeconds: number | undefined;
  try {
    const first = await runWithFault(lane, point, command);
    findings.push(...first.findings);
    interruptedSeconds = first.interruptedSeconds;
    lane.proxy.route("");
    if (await isLocked(lane)) await lane.stack.cmd("cancel", "--yes");
    const { code, output } = await lane.stack.cmd(...command);
    if (code !== 0) findings.push(stuck(`the command failed without faults:\n${output}`));
    if (point.kind.startsWith("kill")) await clearPendingCreates(lane);
    findings.push(...(await judge(lane, operation)));
  } catch (error) {
    findings.push(stuck((error as Error).message));
    lane.stack.endProcesses();
  }
  return { row: point.kind, name, again: `--point ${JSON.stringify(name)}`, findings, interruptedSeconds };
}

async function runWithFault(lane: Lane, point: Point, command: string[]) {
  let interruptedAt: number | undefined;
  const fault = breakAt(point, {
    lane,
    interrupt: () => {
      interruptedAt = performance.now();
      running.signal("SIGINT");
    },
  });
  const passed = lane.proxy.route("", fault.decide);
  const running = lane.stack.spawn(...command);
  const { code, output } = await running.result;
  const interruptedSeconds = interruptedAt && (performance.now() - interruptedAt) / 1000;
  // The provider host ends a moment after its CLI. Do not wait for it.
  lane.stack.endProcesses();
  const findings: Finding[] = [];
  if (!fault.hit()) findings.push(stuck(`the command never sent this request:\n${output}`));
  if (interruptedSeconds && code === 0) findings.push(stuck(`SIGINT did not stop the command:\n${output}`));
  if (interruptedSeconds && interruptedSeconds > PROMPT_SECONDS) {
    findings.push(stuck(`the command took ${interruptedSeconds.toFixed(0)} s to end after SIGINT:\n${output}`));
  }
  return { findings: [...findings, ...(await lostIds(lane, point, passed, output))], interruptedSeconds };
}

/** Finds job IDs that the provider received but that are missing from the state, although the command was not killed. */
async function lostIds(
  lane: Lane,
  { kind, operation }: Point,
  passed: readonly Passed[],
  output: string,
): Promise<Finding[]> {
  if (kind.startsWith("kill")) return [];
  if (kind !== "sigint" && !receivedJobId(passed)) return [];
  const known = new Set((await lane.state()).resources?.map(({ id }) => id));
  const { jobs } = await recordsOf(lane.client);
  const lost = jobs.filter(({ id, status }) => !known.has(id) && (operation.ends.trained || !isTerminal(status)));
  return lost.map(({ id, status }) => lostId(`job ${id} (${status}) is not in the state:\n${output}`));
}

async function judge(lane: Lane, { ends }: Operation): Promise<Finding[]> {
  const records = await recordsOf(lane.client);
  const { resources = [], pending_operations: pending = [] } = await lane.state();
  const entries = resources.filter(({ type }) => type.endsWith(":FineTuningJob"));
  const findings = duplicatesIn(records);
  if (records.jobs.length > 1) findings.push(duplicate(`there are ${records.jobs.length} jobs`));
  if (pending.length > 0) findings.push(stuck(`operations are pending: ${pending.map(({ type }) => type)}`));
  const job = records.jobs.find(wasStarted);
  if (!job) return [...findings, stuck("no job was started")];
  if (!ends.trained) {
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
  if (records.files.length === 0) findings.push(stuck("the upload is gone, but the job exists"));
  const name = job.fine_tuned_model ? (await lane.client.models.get(job.fine_tuned_model)).name : undefined;
  if (ends.modelName !== undefined && name !== ends.modelName)
    findings.push(stuck(`the model is named ${name}, expected ${ends.modelName}`));
  return findings;
}

const urnIn = ({ resources = [] }: Deployment) =>
  resources.find(({ type }) => type.endsWith(":FineTuningJob"))?.urn ?? "";

/**
 * Clears pending creates. A CLI that is killed during a creation leaves a pending operation in the state, for any resource type,
 * and a later successful `up` does not remove it. `pulumi refresh --clear-pending-creates` is Pulumi's documented way to do that.
 * Other pending operations stay, and fail the test.
 */
async function clearPendingCreates(lane: Lane): Promise<void> {
  const { pending_operations: pending = [] } = await lane.state();
  if (!pending.some(({ type }) => type === "creating")) return;
  await lane.stack.refresh("--clear-pending-creates");
}

async function isLocked({ stack }: Lane): Promise<boolean> {
  const locks = join(stack.stateFolder, ".pulumi/locks");
  const files = await readdir(locks, { recursive: true, withFileTypes: true }).catch(() => []);
  return files.some((file) => file.isFile());
}

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTerminal } from "../../provider/src/client";
import type { Passed } from "../support/faultProxy";
import type { Deployment } from "../support/stack";
import type { Lane } from "./lane";
import type { Operation } from "./operations";
import { breakAt, nameOf, type Point } from "./point";
import { duplicatesIn, recordsOf, wasStarted, wasToldOfJob } from "./records";
import { Steps } from "./steps";
import { duplicate, type Finding, lostId, stuck, type Verdict } from "./verdict";

/** An interrupted command has nothing left to do but to write its state. */
const PROMPT_SECONDS = 20;

/** The distinct requests of an operation, by a run in which nothing breaks. */
export async function stepsOf(lane: Lane, operation: Operation): Promise<string[]> {
  await lane.set(operation);
  const passed = lane.proxy.route("");
  const { code, output } = await lane.stack.cmd(...operation.command(urnIn(await lane.state())));
  if (code !== 0) throw new Error(`a faultless ${operation.name} failed:\n${output}`);
  const steps = new Steps();
  return [...new Set(passed.map(({ template }) => steps.next(template)))];
}

/** Breaks a command at a point, runs it again without faults, and judges by the server's own records. */
export async function tryPoint(lane: Lane, point: Point): Promise<Verdict> {
  const name = nameOf(point);
  const { operation } = point;
  await lane.set(operation);
  const command = operation.command(urnIn(await lane.state()));
  const findings: Finding[] = [];
  let interruptedSeconds: number | undefined;
  try {
    const first = await broken(lane, point, command);
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

async function broken(lane: Lane, point: Point, command: string[]) {
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
  // A host ends a moment after its CLI; a killed one is gone already.
  lane.stack.endProcesses();
  const findings: Finding[] = [];
  if (!fault.hit()) findings.push(stuck(`the command never came to this request:\n${output}`));
  if (interruptedSeconds && code === 0) findings.push(stuck(`SIGINT did not stop it:\n${output}`));
  if (interruptedSeconds && interruptedSeconds > PROMPT_SECONDS) {
    findings.push(stuck(`it took ${interruptedSeconds.toFixed(0)} s to end after SIGINT:\n${output}`));
  }
  return { findings: [...findings, ...(await lostIds(lane, point, passed, output))], interruptedSeconds };
}

/** An id that was known to the provider, and is not in the state of a command that ended by itself. */
async function lostIds(
  lane: Lane,
  { kind, operation }: Point,
  passed: readonly Passed[],
  output: string,
): Promise<Finding[]> {
  if (kind.startsWith("kill")) return [];
  if (kind !== "sigint" && !wasToldOfJob(passed)) return [];
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
    if (records.files.length > 0) findings.push(stuck("the upload is still there after the destroy"));
    if (resources.length > 0) findings.push(stuck(`the state holds ${resources.map(({ urn }) => urn)}`));
    return findings;
  }
  const [entry, ...more] = entries;
  if (more.length > 0) findings.push(stuck(`the state has ${entries.length} entries, one of them to be deleted`));
  if (entry?.id !== job.id) findings.push(lostId(`the state has ${entry?.id}, and not ${job.id}`));
  if (entry?.outputs?.status !== "SUCCESS") findings.push(stuck(`the state says ${entry?.outputs?.status}`));
  if (entry?.initErrors?.length) findings.push(stuck(`the state has init errors: ${entry.initErrors}`));
  if (records.files.length === 0) findings.push(stuck("the upload is gone, and the job stands"));
  const name = job.fine_tuned_model ? (await lane.client.models.get(job.fine_tuned_model)).name : undefined;
  if (ends.modelName !== undefined && name !== ends.modelName) findings.push(stuck(`the model is called ${name}`));
  return findings;
}

const urnIn = ({ resources = [] }: Deployment) =>
  resources.find(({ type }) => type.endsWith(":FineTuningJob"))?.urn ?? "";

/**
 * A CLI that was killed while it created something notes that until it is told otherwise, whatever the resource is and although
 * the next `up` has created it; this is the way that Pulumi names for it. Nothing else may be pending.
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

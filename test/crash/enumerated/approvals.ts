import type { Hold } from "../../../provider/src/client";
import { NotFoundError } from "../../../provider/src/client";
import type { Deployment } from "../../support/stack";
import { type Finding, lostId, stuck } from "../verdict";
import type { CrashEnvironment } from "./crashEnvironment";
import type { Operation } from "./operations";

const approvalIn = ({ resources = [] }: Deployment) => resources.find(({ type }) => type.endsWith(":ModelApproval"));

/** After any fault, the model that the state names is held: deployments use it. A destroy ends the hold before it writes the state. */
export async function lostHold(environment: CrashEnvironment, { expectedResult }: Operation): Promise<Finding[]> {
  const approval = approvalIn(await environment.state());
  if (!approval || !expectedResult.trained) return [];
  const model = approval.outputs?.model as string;
  const hold = await holdOf(environment, approval.id ?? "");
  return hold?.models.includes(model) ? [] : [lostId(`the state names ${model}, but the hold has ${hold?.models}`)];
}

/** Checks the approval in the state, its hold and the models, also after a refresh: a refresh must not turn a miss green. */
export async function checkApproval(
  environment: CrashEnvironment,
  operation: Operation,
  before: Deployment,
): Promise<Finding[]> {
  const { expectedResult, fails } = operation;
  const jobs = await allJobs(environment);
  const models = jobs.map(({ fine_tuned_model: model }) => model).filter((model) => model !== undefined);
  if (expectedResult.approval === "ended") return checkEnd(environment, before, models);
  if (fails) await environment.cmd("refresh", "--yes", "--skip-preview");
  const approval = approvalIn(await environment.state());
  if (!approval) return [lostId("the approval is not in the state")];
  const findings: Finding[] = [];
  const { model, approved, minTokenAccuracy } = approval.outputs ?? {};
  const [expected] = models;
  if (model !== expected || approved !== true) findings.push(lostId(`the approved model is ${model}, not ${expected}`));
  if (minTokenAccuracy !== 0) findings.push(stuck(`the state has the threshold ${minTokenAccuracy}: a miss is green`));
  const hold = await holdOf(environment, approval.id ?? "");
  if (String(hold?.models) !== String(models)) findings.push(lostId(`the hold has ${hold?.models}, not ${models}`));
  for (const held of models) {
    if (!(await exists(environment, held))) findings.push(lostId(`the held model ${held} was deleted`));
  }
  return findings;
}

/** After a destroy, no hold is left, and the models are deleted as their policy says. */
async function checkEnd(environment: CrashEnvironment, before: Deployment, models: string[]): Promise<Finding[]> {
  const hold = await holdOf(environment, approvalIn(before)?.id ?? "");
  const findings = hold ? [stuck(`the hold is left after the destroy: ${hold.models}`)] : [];
  for (const model of models) {
    if (await exists(environment, model)) findings.push(stuck(`the model ${model} is left after the destroy`));
  }
  return findings;
}

/** Newest first. */
async function allJobs({ client }: CrashEnvironment) {
  const { data } = await client.jobs.list();
  return data;
}

const holdOf = ({ client }: CrashEnvironment, holder: string): Promise<Hold | undefined> =>
  undefinedIfGone(client.holds.get(holder));

const exists = async ({ client }: CrashEnvironment, model: string) =>
  (await undefinedIfGone(client.models.get(model))) !== undefined;

async function undefinedIfGone<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

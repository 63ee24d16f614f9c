import { checkFiles, type FilesChecked } from "../inputs/data/checkFiles";
import { longForm, repeatedFiles } from "../inputs/data/files";
import { automaticSuffix, changedInputs, IDENTITY_VERSION, identityOf, shapeOf } from "../inputs/identity";
import { collectProblem, InputProblem } from "../inputs/problem";
import { type Timeouts, timeoutsInSeconds } from "../inputs/timeouts";
import { hasUnknown, UNKNOWN } from "../inputs/unknowns";
import { validate } from "../inputs/validation/validate";
import type { Inputs } from "../schema/inputs";
import { connect } from "./connection/connect";
import { reportCostEstimate } from "./preview/costEstimate";
import type { Host } from "./runtime/host";

/** Inputs as they cross the wire, before they have been validated. */
export type RawInputs = Record<string, unknown>;

export interface CheckResult {
  inputs: RawInputs;
  /** What is wrong, each with its place: `trainingFiles[0]: train.jsonl: no such file`. */
  problems: string[];
}

/** What the resource class sends along, besides the user's inputs. */
interface EngineInputs {
  /** The URN of the resource. */
  __urn?: string;
  /** Pulumi's organization; part of the identity. */
  __organization?: string;
  /** The resource option `customTimeouts`, as it was written. */
  __timeouts?: Record<string, unknown>;
}

/**
 * Validates the inputs and fills in what the later steps, which run in other processes, rely on: each file's content hash, the
 * identity and the effective suffix. What it answers is what the state holds and `diff` compares.
 */
export async function check(olds: RawInputs, news: RawInputs, host: Host): Promise<CheckResult> {
  const { sent, user } = splitInputs(news);
  host.session.recordCheck(sent.__urn);
  const inputs = longForm(user);
  const problems: InputProblem[] = validate(inputs);
  const data = problems.length === 0 ? await checkData(inputs, problems) : undefined;
  if (problems.length === 0) problems.push(...adoptionProblems(olds, inputs));
  const timeouts = (await collectProblem(problems, () => timeoutsInSeconds(sent.__timeouts ?? {}))) ?? {};
  const connection =
    problems.length === 0 && !hasUnknown(inputs.connection)
      ? await collectProblem(problems, () => connect(inputs as Pick<Inputs, "connection">, host))
      : undefined;
  const declared = {
    ...inputs,
    ...resolveIdentity(olds, inputs, sent),
    ...internalInputs(sent, timeouts),
  } as RawInputs & Inputs;
  if (data && problems.length === 0) {
    // About the data of a job that stands nothing can be done any more.
    const isNew = declared.__identity !== olds.__identity;
    for (const warning of [...stepWarnings(inputs), ...(isNew ? data.warnings : [])]) {
      host.log(sent.__urn, warning, "warning");
    }
    if (isNew && inputs.adopt === undefined) {
      const found = await collectProblem(problems, () => reportCostEstimate(declared, data.summary, connection, host));
      problems.push(...(found ?? []));
    }
  }
  return { inputs: declared, problems: problems.map(({ message }) => message) };
}

/**
 * The suffix and the identity. Those in the state stay as long as the training is the same: a rename with an alias, a new
 * parent or a renamed stack changes the URN, and must not train again. So does an explicit suffix that was taken away.
 */
function resolveIdentity(olds: RawInputs, inputs: RawInputs, sent: EngineInputs): RawInputs {
  const explicit = inputs.suffix !== undefined;
  const sameTraining = olds.__identity !== undefined && changedInputs(shapeOf(olds), shapeOf(inputs)).length === 0;
  if (sameTraining && (!explicit || inputs.suffix === olds.suffix)) {
    const { suffix, __suffix, __identity, __identityVersion } = olds;
    return { suffix, __suffix, __identity, __identityVersion };
  }
  const urn = sent.__urn ?? "";
  const identity = identityOf(sent.__organization ?? "", urn, inputs);
  return {
    suffix: explicit ? inputs.suffix : automaticSuffix(urn, identity),
    __suffix: explicit ? "user" : "auto",
    __identity: identity,
    __identityVersion: IDENTITY_VERSION,
  };
}

/** An adopted job stands for the declaration that adopted it, and for no other: adopting it again would train nothing. */
function adoptionProblems(olds: RawInputs, inputs: RawInputs): InputProblem[] {
  if (inputs.adopt === undefined || inputs.adopt !== olds.adopt || hasUnknown(inputs)) return [];
  const changed = changedInputs(shapeOf(olds), shapeOf(inputs));
  if (changed.length === 0) return [];
  return [
    new InputProblem(
      "adopt",
      `the adopted job was not trained with the new ${changed.join(", ")}: remove adopt to train anew`,
    ),
  ];
}

function splitInputs(news: RawInputs): { sent: EngineInputs; user: RawInputs } {
  const entries = Object.entries(news);
  return {
    sent: Object.fromEntries(entries.filter(([key]) => key.startsWith("__"))),
    user: Object.fromEntries(entries.filter(([key]) => !key.startsWith("__"))),
  };
}

function internalInputs(sent: EngineInputs, timeouts: Timeouts): RawInputs {
  return {
    ...(sent.__urn !== undefined && { __urn: sent.__urn }),
    ...(Object.keys(timeouts).length > 0 && { __timeouts: timeouts }),
  };
}

async function checkData(inputs: RawInputs, problems: InputProblem[]): Promise<FilesChecked> {
  const data = await checkFiles(inputs);
  problems.push(...data.problems);
  if (problems.length === 0) problems.push(...repeatedFiles(inputs));
  return data;
}

function stepWarnings({ hyperparameters = {} }: RawInputs): string[] {
  if (hyperparameters === UNKNOWN) return [];
  const { trainingSteps, epochs } = hyperparameters as Record<string, unknown>;
  if (trainingSteps !== undefined || epochs !== undefined) return [];
  return [
    "neither hyperparameters.trainingSteps nor hyperparameters.epochs is set: the service decides how long it trains, and what it costs",
  ];
}

import { checkFiles, type FilesChecked } from "../inputs/data/checkFiles";
import { longForm, repeatedFiles } from "../inputs/data/files";
import { automaticSuffix, changedInputs, IDENTITY_VERSION, identityOf, shapeOf } from "../inputs/identity";
import { collectProblem, InputProblem } from "../inputs/problem";
import { type Timeouts, timeoutsInSeconds } from "../inputs/timeouts";
import { hasUnknown, UNKNOWN } from "../inputs/unknowns";
import { withoutUnreturnedSecrets } from "../inputs/validation/unreturnedSecrets";
import { validate } from "../inputs/validation/validate";
import type { Inputs } from "../schema/inputs";
import { connect } from "./connection/connect";
import { unencryptedWarning } from "./connection/unencrypted";
import { reportCostEstimate } from "./preview/costEstimate";
import type { Host } from "./runtime/host";

/** Inputs as Pulumi sends them, before validation. */
export type RawInputs = Record<string, unknown>;

export interface CheckResult {
  inputs: RawInputs;
  /** One message per problem, each with its path: `trainingFiles[0]: train.jsonl: no such file`. */
  problems: string[];
}

/** The inputs that the resource class adds to the user's inputs. */
interface EngineInputs {
  /** The URN of the resource. */
  __urn?: string;
  /** Pulumi's organization; part of the identity. */
  __organization?: string;
  /** The resource option `customTimeouts`, as the user wrote it. */
  __timeouts?: Record<string, unknown>;
}

/**
 * Validates the inputs and adds each file's content hash, the identity and the effective suffix. `diff`, `create` and `update`
 * may run in other processes, so they read these values from the state.
 */
export async function check(olds: RawInputs, news: RawInputs, host: Host): Promise<CheckResult> {
  const { engineInputs, user } = splitInputs(news);
  host.session.recordCheck(engineInputs.__urn);
  host.session.recordValidationData(engineInputs.__urn, hasValidationData(user));
  const inputs = longForm(user);
  const { problems, unreturned } = withoutUnreturnedSecrets(validate(inputs), olds);
  if (olds.__fileHashes !== undefined) inputs.__fileHashes = olds.__fileHashes;
  const data = problems.length === 0 ? await checkData(olds, inputs, problems) : undefined;
  if (changedInputs(shapeOf(olds), shapeOf(inputs)).length > 0) problems.push(...unreturned);
  if (problems.length === 0) problems.push(...adoptionProblems(olds, inputs));
  const timeouts = (await collectProblem(problems, () => timeoutsInSeconds(engineInputs.__timeouts ?? {}))) ?? {};
  const connection =
    problems.length === 0 && !hasUnknown(inputs.connection)
      ? await collectProblem(problems, () => connect(inputs as Pick<Inputs, "connection">, host))
      : undefined;
  const unencrypted = connection && unencryptedWarning(connection.baseUrl);
  if (unencrypted) host.log(engineInputs.__urn, unencrypted, "warning");
  const declared = {
    ...inputs,
    ...resolveIdentity(olds, inputs, engineInputs),
    ...internalInputs(engineInputs, timeouts),
  } as RawInputs & Inputs;
  if (data && problems.length === 0) {
    // Skip data warnings for a job that already exists.
    const isNew = declared.__identity !== olds.__identity;
    const warnings = [...stepWarnings(inputs), ...data.newRuleWarnings, ...(isNew ? data.warnings : [])];
    for (const warning of warnings) {
      host.log(engineInputs.__urn, warning, "warning");
    }
    if (isNew && inputs.adopt === undefined) {
      const found = await collectProblem(problems, () => reportCostEstimate(declared, data.summary, connection, host));
      problems.push(...(found ?? []));
    }
  }
  return { inputs: declared, problems: problems.map(({ message }) => message) };
}

/**
 * Returns the suffix and the identity. Keeps the recorded ones while the training inputs are unchanged: a rename with an alias,
 * a new parent or a renamed stack changes the URN, but must not retrain. Removing an explicit suffix must not retrain either.
 */
function resolveIdentity(olds: RawInputs, inputs: RawInputs, engineInputs: EngineInputs): RawInputs {
  const explicit = inputs.suffix !== undefined;
  const sameTraining = olds.__identity !== undefined && changedInputs(shapeOf(olds), shapeOf(inputs)).length === 0;
  if (sameTraining && (!explicit || inputs.suffix === olds.suffix)) {
    const { suffix, __suffix, __identity, __identityVersion } = olds;
    return { suffix, __suffix, __identity, __identityVersion };
  }
  const urn = engineInputs.__urn ?? "";
  const identity = identityOf(engineInputs.__organization ?? "", urn, inputs);
  return {
    suffix: explicit ? inputs.suffix : automaticSuffix(urn, identity),
    __suffix: explicit ? "user" : "auto",
    __identity: identity,
    __identityVersion: IDENTITY_VERSION,
  };
}

/** Returns a problem if `adopt` is unchanged but other inputs have changed: the adopted job was not trained with these inputs. */
function adoptionProblems(olds: RawInputs, inputs: RawInputs): InputProblem[] {
  if (inputs.adopt === undefined || inputs.adopt !== olds.adopt || hasUnknown(inputs)) return [];
  const changed = changedInputs(shapeOf(olds), shapeOf(inputs));
  if (changed.length === 0) return [];
  return [
    new InputProblem(
      "adopt",
      `the adopted job was not trained with the new ${changed.join(", ")}: remove adopt to train a new job`,
    ),
  ];
}

/** Unknown data may be there. An adopted job has data that the inputs do not name. */
const hasValidationData = ({ validationFiles, adopt }: RawInputs) =>
  adopt !== undefined || (Array.isArray(validationFiles) ? validationFiles.length > 0 : validationFiles !== undefined);

function splitInputs(news: RawInputs): { engineInputs: EngineInputs; user: RawInputs } {
  const entries = Object.entries(news);
  return {
    engineInputs: Object.fromEntries(entries.filter(([key]) => key.startsWith("__"))),
    user: Object.fromEntries(entries.filter(([key]) => !key.startsWith("__"))),
  };
}

function internalInputs(engineInputs: EngineInputs, timeouts: Timeouts): RawInputs {
  return {
    ...(engineInputs.__urn !== undefined && { __urn: engineInputs.__urn }),
    ...(Object.keys(timeouts).length > 0 && { __timeouts: timeouts }),
  };
}

async function checkData(olds: RawInputs, inputs: RawInputs, problems: InputProblem[]): Promise<FilesChecked> {
  const data = await checkFiles(inputs, olds);
  problems.push(...data.problems);
  if (problems.length === 0) problems.push(...repeatedFiles(inputs));
  return data;
}

function stepWarnings({ hyperparameters = {} }: RawInputs): string[] {
  if (hyperparameters === UNKNOWN) return [];
  const { trainingSteps, epochs } = hyperparameters as Record<string, unknown>;
  if (trainingSteps !== undefined || epochs !== undefined) return [];
  return [
    "neither hyperparameters.trainingSteps nor hyperparameters.epochs is set: the server chooses the number of steps, which determines the cost",
  ];
}

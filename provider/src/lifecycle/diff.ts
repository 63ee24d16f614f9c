import { stringify } from "safe-stable-stringify";
import { awaitsStart, hasFailed, hasSucceeded } from "#common";
import { changedInputs, shapeOf } from "../inputs/identity";
import { inputsSchema } from "../schema/inputs";
import type { RawInputs } from "./check";
import { changesOf, type PropertyChange, unsettledOutputs } from "./detailedDiff";
import { changedData } from "./preview/dataDiff";
import type { Host } from "./runtime/host";
import type { Outputs } from "./state/outputs";

export interface DiffResult {
  changes: boolean;
  /** The changed inputs that require a replacement. */
  replaces: string[];
}

const NAMES_THE_MODEL = new Set(["modelName", "modelDescription"]);

const updatable = Object.entries(inputsSchema.shape)
  .filter(([, schema]) => schema.meta()?.change === "update")
  .map(([name]) => name);

/** Compares the state with the inputs. An unfinished or failed job always needs an update. */
export function diff(id: string, olds: RawInputs, news: RawInputs, host: Host): DiffResult {
  const replaces = replacingInputs(id, olds, news);
  const urn = news.__urn as string | undefined;
  const data = changedData(olds, news);
  if (data.length > 0) host.log(urn, data.join("\n"), "milestone");
  if (replaces.length === 0) {
    host.session.recordKeptByDiff(id, urn);
    const drift = driftWarning(olds as Partial<Outputs>);
    if (drift) host.log(urn, drift, "warning");
  }
  const changes = replaces.length > 0 || !isSettled(olds, news) || updatedInputs(olds, news).length > 0;
  return { changes, replaces };
}

/** Returns every changed property, for hosts that can show more than the names of inputs. */
export function changedProperties(id: string, olds: RawInputs, news: RawInputs): PropertyChange[] {
  return [
    ...replacingInputs(id, olds, news).flatMap((name) =>
      changesOf(name, comparedValue(name, olds), comparedValue(name, news), true),
    ),
    ...updatedInputs(olds, news).flatMap((name) => changesOf(name, olds[name], news[name], false)),
    ...(isSettled(olds, news) ? [] : unsettledOutputs(olds)),
  ];
}

/** The value of an input without the fields that do not affect the training. */
const comparedValue = (name: string, inputs: RawInputs) => shapeOf(inputs)[name] ?? inputs[name];

const updatedInputs = (olds: RawInputs, news: RawInputs) => updatable.filter((name) => mustUpdate(name, olds, news));

function replacingInputs(id: string, olds: RawInputs, news: RawInputs): string[] {
  const names = changedInputs(shapeOf(olds), shapeOf(news));
  // An automatic suffix depends only on the other inputs; removing an explicit suffix keeps the recorded one.
  if (news.__suffix === "user" && news.suffix !== olds.suffix) names.push("suffix");
  if (news.adopt !== undefined && news.adopt !== id) names.push("adopt");
  return names;
}

/** Describes drift of the job or its model, which a preview cannot show as a changed input. */
function driftWarning({
  jobId = "",
  status = "",
  fineTunedModel,
  modelArchived,
}: Partial<Outputs>): string | undefined {
  if (hasFailed(status)) {
    return `fine-tuning job ${jobId} has ended as ${status}: \`pulumi up\` fails until you change the inputs, for example \`triggers\``;
  }
  if (hasSucceeded(status) && !fineTunedModel) {
    return `fine-tuning job ${jobId} has succeeded, but its model was missing at the last check: \`pulumi up\` checks again`;
  }
  return modelArchived ? `model ${fineTunedModel} is archived: \`pulumi up\` unarchives it` : undefined;
}

/** Whether the job has reached the declared state: its model is available, or the job is held with `autoStart: false`. */
function isSettled(olds: RawInputs, news: RawInputs): boolean {
  const status = String(olds.status);
  const hasModel = olds.fineTunedModel !== undefined && olds.modelArchived !== true;
  return (hasSucceeded(status) && hasModel) || (awaitsStart(status) && news.autoStart === false);
}

function mustUpdate(name: string, olds: RawInputs, news: RawInputs): boolean {
  // Has no effect on a started job; `isSettled` covers a job that waits to be started.
  if (name === "autoStart") return false;
  // `converge` applies them once the model exists.
  if (NAMES_THE_MODEL.has(name) && !hasSucceeded(String(olds.status))) return false;
  return stringify(olds[name]) !== stringify(news[name]);
}

import { stringify } from "safe-stable-stringify";
import { awaitsStart, hasFailed, hasSucceeded } from "#common";
import { changedInputs, shapeOf } from "../inputs/identity";
import { inputsSchema } from "../schema/inputs";
import type { RawInputs } from "./check";
import { changedData } from "./preview/dataDiff";
import type { Host } from "./runtime/host";
import type { Outputs } from "./state/outputs";

export interface DiffResult {
  changes: boolean;
  /** The inputs that make it a new training. */
  replaces: string[];
}

const NAMES_THE_MODEL = new Set(["modelName", "modelDescription"]);

const updatable = Object.entries(inputsSchema.shape)
  .filter(([, schema]) => schema.meta()?.change === "update")
  .map(([name]) => name);

/** Compares what the state says with what is declared now. A job that has not settled always has something left to do. */
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
  const changes =
    replaces.length > 0 || !isSettled(olds, news) || updatable.some((name) => mustUpdate(name, olds, news));
  return { changes, replaces };
}

function replacingInputs(id: string, olds: RawInputs, news: RawInputs): string[] {
  const names = changedInputs(shapeOf(olds), shapeOf(news));
  // An automatic suffix follows the other inputs; taking an explicit one away keeps it.
  if (news.__suffix === "user" && news.suffix !== olds.suffix) names.push("suffix");
  if (news.adopt !== undefined && news.adopt !== id) names.push("adopt");
  return names;
}

/** What a preview cannot show as a change of an input: how the job or its model has come to differ from its declaration. */
function driftWarning({
  jobId = "",
  status = "",
  fineTunedModel,
  modelArchived,
}: Partial<Outputs>): string | undefined {
  if (hasFailed(status)) {
    return `fine-tuning job ${jobId} has ended as ${status}: \`pulumi up\` fails until the declaration (or \`triggers\`) changes`;
  }
  if (hasSucceeded(status) && !fineTunedModel) {
    return `fine-tuning job ${jobId} has succeeded, but its model was not there when it was last looked for: \`pulumi up\` looks again`;
  }
  return modelArchived ? `model ${fineTunedModel} is archived: \`pulumi up\` makes it usable again` : undefined;
}

/** Nothing is left to do: the model stands, or the job rests where it was told to. A failed one stays red. */
function isSettled(olds: RawInputs, news: RawInputs): boolean {
  const status = String(olds.status);
  const hasModel = olds.fineTunedModel !== undefined && olds.modelArchived !== true;
  return (hasSucceeded(status) && hasModel) || (awaitsStart(status) && news.autoStart === false);
}

function mustUpdate(name: string, olds: RawInputs, news: RawInputs): boolean {
  // Whether it was to start by itself no longer matters once it has been started; `isAtRest` sees the rest.
  if (name === "autoStart") return false;
  // They are given to the model once there is one.
  if (NAMES_THE_MODEL.has(name) && !hasSucceeded(String(olds.status))) return false;
  return stringify(olds[name]) !== stringify(news[name]);
}

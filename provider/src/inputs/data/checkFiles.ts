import type { Rules } from "#data";
import type { DataFile } from "../../schema/files";
import type { Inputs } from "../../schema/inputs";
import { collectProblem, InputProblem } from "../problem";
import { jobTypeOf, targetsOf } from "../request";
import { hasUnknown } from "../unknowns";
import { acceptedBefore } from "./acceptedBefore";
import { cachedReports } from "./checkCache";
import { assertIsFile, describeFile, readContent } from "./content";
import { FILE_INPUTS, type FileInput, filesOf } from "./files";
import { type CheckedFile, type DataSource, type DataSummary, evaluateReports, inspectData } from "./inspectData";

export interface FilesChecked {
  problems: InputProblem[];
  /** Data that a trainer accepts, but that is probably a mistake. */
  warnings: string[];
  /** Errors that are only warnings, because the same data passed the check of an earlier release. */
  newRuleWarnings: string[];
  /** Totals of the training data; undefined if some of it was not read. */
  summary?: DataSummary;
}

/** A file to read, and its position in the inputs. */
interface Place {
  file: DataFile;
  name: FileInput;
  index: number;
}

/**
 * Reads and checks the data, and adds each file's hash and size to the inputs, in place. Keeps a hash that is already in the
 * inputs: with `ignoreChanges: ["trainingFiles"]` the engine restores the recorded element, whose file may no longer exist.
 *
 * @param olds the inputs in the state; empty for a new resource
 */
export async function checkFiles(
  inputs: Record<string, unknown>,
  olds: Record<string, unknown>,
): Promise<FilesChecked> {
  const problems: InputProblem[] = [];
  const places: Place[][] = [];
  for (const name of FILE_INPUTS) {
    places.push(await existingFiles(placesOf(inputs, name), problems));
  }
  const reports = await collectProblem(problems, () => inspected(inputs, places));
  if (!reports) return { problems, warnings: [], newRuleWarnings: [] };

  const known = places[0]?.length === filesOf(inputs, "trainingFiles").length && places[0].length > 0;
  const { training, validation, summary } = evaluateReports(
    reports,
    places.map((each) => each.map(nameOf)),
    {
      allowed: numberOf(inputs.invalidSampleSkipPercentage),
      seqLen: numberOf((inputs.hyperparameters as Inputs["hyperparameters"])?.seqLen),
      moreTraining: !known,
    },
  );
  const rules = rulesOf(inputs);
  const accepted = rules ? acceptedBefore(olds, inputs) : undefined;
  const warnings: string[] = [];
  const newRuleWarnings: string[] = [];
  for (const [index, checked] of [...training, ...validation].entries()) {
    const place = places.flat()[index] as Place;
    const before = checked.errors.length > 0 ? accepted?.get(checked.report.sha256) : undefined;
    if (before) newRuleWarnings.push(`${pathOf(place)}: ${[...checked.errors, UNCHANGED].join("\n  ")}`);
    else if (rules && checked.errors.length > 0) {
      problems.push(new InputProblem(pathOf(place), checked.errors.join("\n  ")));
    }
    warnings.push(...checked.warnings);
    fillIn(inputs, place, checked, before);
  }
  return { problems, warnings, newRuleWarnings, ...(known && rules && { summary }) };
}

const UNCHANGED =
  "This data has not changed since an earlier release accepted it, so this is only a warning. In changed data it is an error.";

function placesOf(inputs: Record<string, unknown>, name: FileInput): Place[] {
  return filesOf(inputs, name)
    .map((file, index) => ({ file, name, index }))
    .filter(({ file }) => !hasUnknown(file) && file.fileId === undefined && file.sha256 === undefined);
}

/** Returns the files that exist, and adds a problem for each of the others. */
async function existingFiles(places: Place[], problems: InputProblem[]): Promise<Place[]> {
  const found: Place[] = [];
  for (const place of places) {
    await collectProblem(problems, async () => {
      await assertIsFile(place.file, pathOf(place));
      found.push(place);
    });
  }
  return found;
}

const pathOf = ({ name, index }: Place) => `${name}[${index}]`;
const nameOf = ({ file }: Place) => describeFile(file);

function inspected(inputs: Record<string, unknown>, places: Place[][]) {
  const rules = rulesOf(inputs);
  const [training = [], validation = []] = places.map((each) =>
    each.map((place): DataSource => ({ name: nameOf(place), open: () => readContent(place.file, pathOf(place)) })),
  );
  const files = places.map((each) => each.map(({ file }) => file));
  return cachedReports(files, rules, () => inspectData(training, validation, rules));
}

/** Returns the rules for the samples, or undefined in a preview where an input that determines them is unknown. */
function rulesOf(inputs: Record<string, unknown>): Rules | undefined {
  const { jobType, classifierTargets, invalidSampleSkipPercentage } = inputs;
  if (hasUnknown([jobType, classifierTargets, invalidSampleSkipPercentage])) return undefined;
  return { jobType: jobTypeOf(inputs as Inputs), targets: targetsOf(inputs as Inputs) };
}

const numberOf = (value: unknown) => (typeof value === "number" ? value : undefined);

/** @param before the file in the state, whose number of samples stays when the rules are newer than the state */
function fillIn(
  inputs: Record<string, unknown>,
  { name, index, file }: Place,
  { report }: CheckedFile,
  before: DataFile | undefined,
): void {
  const { sha256, bytes, validSamples } = report;
  const samples = before ? before.samples : validSamples;
  filesOf(inputs, name)[index] = {
    ...file,
    sha256,
    bytes,
    ...(rulesOf(inputs) && samples !== undefined && { samples }),
  };
}

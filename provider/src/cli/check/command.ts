import { stat } from "node:fs/promises";
import type { Rules } from "#data";
import { assertIsFile, readContent } from "../../inputs/data/content";
import { type CheckedData, type DataSource, evaluateReports, inspectData } from "../../inputs/data/inspectData";
import { canStyle, marksFor, visibleLine } from "../marks";
import { ReadingProgress } from "../progress";
import { jsonText } from "./json";
import { parseCheckOptions } from "./options";
import { shownSamples } from "./showSamples";

/** Runs the command `check`. Sets the exit code to 1 when samples are invalid. */
export async function check(argv: string[]): Promise<void> {
  const { training, validation, rules, json, show, model, ...rest } = parseCheckOptions(argv);
  const progress = new ReadingProgress(await sizeOf([...training, ...validation]));
  const source = (name: string): DataSource => ({ name, open: () => progress.over(readContent({ path: name }, "")) });
  const reports = await inspectData(training.map(source), validation.map(source), rules).finally(() => progress.end());
  const data = evaluateReports(reports, [training, validation], rest);
  const files = [...data.training, ...data.validation];
  if (files.some(({ errors }) => errors.length > 0)) process.exitCode = 1;
  if (show) console.log(await shown(training, show, model, rules));
  console.log(json ? jsonText(data) : summaryText(data));
}

/** Loads the client only if the server is asked: loading it takes longer than checking a small file. */
function shown(files: string[], count: number, model: string | undefined, rules: Rules): Promise<string> {
  const marks = marksFor(canStyle());
  if (model === undefined) return shownSamples(files, count, rules, marks);
  const { shownRows } = require("./showRows") as typeof import("./showRows");
  return shownRows(files, count, rules, marks, model);
}

/** Total size of all files, in bytes. */
async function sizeOf(paths: string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    await assertIsFile({ path }, "");
    bytes += (await stat(path)).size;
  }
  return bytes;
}

/** Findings, then a summary of the training data. */
function summaryText({ training, validation, summary }: CheckedData): string {
  const files = [...training, ...validation];
  const invalid = files.reduce((sum, { report }) => sum + report.invalidSamples, 0);
  const tokens = Object.entries(summary.tokens).map(([role, count]) => `${role} ${count}`);
  const warned = files.reduce((sum, { warnings }) => sum + warnings.length, 0);
  return [
    ...files.flatMap(({ errors }) => errors.map((each) => `error: ${visibleLine(each)}`)),
    ...files.flatMap(({ warnings }) => warnings.map((each) => `warning: ${visibleLine(each)}`)),
    `${summary.samples} samples, ${invalid} invalid, ${warned} warnings; steps per epoch: about ${summary.stepsPerEpoch}`,
    `tokens, estimated at 4 characters per token: ${tokens.join(", ") || 0}; longest sample: ${summary.longestSample}`,
  ].join("\n");
}

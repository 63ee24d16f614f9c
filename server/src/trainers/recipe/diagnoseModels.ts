import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Diagnosis } from "../descriptor";
import { type ModelsFile, readModelsFile } from "./modelsFile";

const SUBJECT = "models file";

/** Reads the models file. Returns its check, and its models when the file is valid. */
export function diagnoseModelsFile(path: string): { check: Diagnosis; models?: ModelsFile } {
  try {
    const models = readModelsFile(path);
    const count = `${models.size} model${models.size === 1 ? "" : "s"}`;
    return { check: { level: "ok", subject: SUBJECT, text: `${path}, with ${count}` }, models };
  } catch (error) {
    return { check: { level: "failed", subject: SUBJECT, text: (error as Error).message } };
  }
}

/**
 * Checks each model of the models file without Python: a local folder must exist; models on the Hugging Face hub are not
 * checked.
 */
export function diagnoseModels(path: string): Diagnosis[] {
  const { check, models } = diagnoseModelsFile(path);
  return [check, ...[...(models ?? [])].map(([name, { path }]) => diagnoseFolder(name, path))];
}

function diagnoseFolder(name: string, path: string): Diagnosis {
  if (!isAbsolute(path)) {
    return { level: "note", subject: name, text: `${path} is fetched from the Hugging Face hub at the first training` };
  }
  return existsSync(join(path, "config.json"))
    ? { level: "ok", subject: name, text: path }
    : { level: "failed", subject: name, text: `${path} does not contain a model: config.json is missing` };
}

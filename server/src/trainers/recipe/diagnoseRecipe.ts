import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import type { Diagnosis } from "../descriptor";
import { readModelsFile } from "./modelsFile";
import { recipeCommand, recipePython } from "./recipe";

const run = promisify(execFile);

/** In milliseconds. The first import of torch from a cold disk is slow. */
const PYTHON_TIMEOUT_MS = 120_000;

const VERSIONS = `
import json, importlib.metadata as metadata, platform
names = ["torch", "transformers", "trl", "peft", "datasets", "accelerate"]
found = {"python": platform.python_version()}
for name in names:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
import torch
gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print(json.dumps({"versions": found, "gpus": gpus}))
`;

/** Checks each model of the models file. A local folder must exist; models on the Hugging Face hub are not checked. */
export function diagnoseModels(models: string): Diagnosis[] {
  const subject = "models file";
  try {
    const entries = [...readModelsFile(models)];
    return [
      { level: "ok", subject, text: `${models}, with ${entries.length} model${entries.length === 1 ? "" : "s"}` },
      ...entries.map(([name, { path }]): Diagnosis => {
        if (!isAbsolute(path)) {
          return {
            level: "note",
            subject: name,
            text: `${path} is fetched from the Hugging Face hub at the first training`,
          };
        }
        return existsSync(join(path, "config.json"))
          ? { level: "ok", subject: name, text: path }
          : { level: "failed", subject: name, text: `${path} does not contain a model: config.json is missing` };
      }),
    ];
  } catch (error) {
    return [{ level: "failed", subject, text: (error as Error).message }];
  }
}

/** Checks the training program and its Python environment. */
export async function diagnoseRecipe(recipe: string | undefined): Promise<Diagnosis[]> {
  const subject = "recipe";
  if (recipe !== undefined) {
    return [{ level: "note", subject, text: `custom command, not checked: ${recipe}` }];
  }
  let python: string;
  try {
    [python] = recipeCommand(undefined) as [string];
  } catch (error) {
    return [{ level: "failed", subject, text: (error as Error).message }];
  }
  try {
    const { stdout } = await run(python, ["-c", VERSIONS], { timeout: PYTHON_TIMEOUT_MS });
    return describe(python, JSON.parse(stdout));
  } catch (error) {
    return [{ level: "failed", subject, text: `${python} failed: ${lastLine((error as Error).message)}` }];
  }
}

function describe(
  python: string,
  { versions, gpus }: { versions: Record<string, string | null>; gpus: string[] },
): Diagnosis[] {
  const missing = Object.keys(versions).filter((name) => versions[name] === null);
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    missing.length > 0
      ? {
          level: "failed",
          subject: "recipe",
          text: `${python} lacks ${missing.join(", ")}; run \`mistral-fine-tuning-server setup\` again`,
        }
      : { level: "ok", subject: "recipe", text: `${python}: ${list.join(", ")}` },
    ...(python === recipePython()
      ? []
      : [
          {
            level: "note" as const,
            subject: "recipe",
            text: "this environment is from an earlier release; run `mistral-fine-tuning-server setup` to update it",
          },
        ]),
    gpus.length > 0
      ? { level: "ok", subject: "GPU", text: gpus.join(", ") }
      : { level: "note", subject: "GPU", text: "PyTorch finds no GPU; trainings run on the CPU, which is slow" },
  ];
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) as string;
}

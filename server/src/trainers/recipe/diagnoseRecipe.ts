import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { z } from "zod";
import type { Diagnosis } from "../descriptor";
import { diagnoseModels, diagnoseModelsFile } from "./diagnoseModels";
import type { ModelsFile } from "./modelsFile";
import { recipeCommand, recipeFile, recipePython } from "./recipe";

/** In milliseconds. The first import of torch from a cold disk is slow. */
const PYTHON_TIMEOUT_MS = 120_000;

/** Additional time for each model: the download of a hub model's tokenizer may take a minute. In milliseconds. */
const MODEL_TIMEOUT_MS = 90_000;

const VERSIONS = `
import json, importlib.metadata as metadata, platform
names = ["torch", "transformers", "trl", "peft", "datasets", "accelerate"]
found = {"python": platform.python_version()}
for name in names:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        found[name] = None
print(json.dumps(found))
`;

const diagnosis = z.object({ level: z.enum(["ok", "note", "failed"]), subject: z.string(), text: z.string() });

/**
 * Checks the models file, the training program, and with the included recipe also its Python environment, the GPUs and
 * each model: config, tokenizer, a rendered sample and the memory that a training needs. Loads no weights.
 *
 * @param trainsHere whether trainings run on this machine; otherwise its GPUs and its memory are not checked
 */
export async function diagnoseRecipe(
  modelsFile: string,
  recipe: string | undefined,
  trainsHere: boolean,
): Promise<Diagnosis[]> {
  const program = await diagnoseProgram(recipe);
  if (program.python === undefined) {
    return [...diagnoseModels(modelsFile), ...program.checks];
  }
  const { check, models } = diagnoseModelsFile(modelsFile);
  return [
    check,
    ...program.checks,
    ...(models === undefined ? [] : await diagnoseLoadedModels(program.python, models, trainsHere)),
  ];
}

/** Checks the training program. Returns Python of the included recipe's environment when it can run the recipe. */
export async function diagnoseProgram(recipe: string | undefined): Promise<{ checks: Diagnosis[]; python?: string }> {
  const subject = "recipe";
  if (recipe !== undefined) {
    return { checks: [{ level: "note", subject, text: `custom command, not checked: ${recipe}` }] };
  }
  let python: string;
  try {
    [python] = recipeCommand(undefined) as [string];
  } catch (error) {
    return { checks: [{ level: "failed", subject, text: (error as Error).message }] };
  }
  const checks = await diagnoseEnvironment(python);
  return checks.some(({ level }) => level === "failed") ? { checks } : { checks, python };
}

async function diagnoseEnvironment(python: string): Promise<Diagnosis[]> {
  const subject = "recipe";
  const { stdout, failure } = await run(python, ["-c", VERSIONS], PYTHON_TIMEOUT_MS);
  if (failure !== undefined) {
    return [{ level: "failed", subject, text: `${python} failed: ${failure}` }];
  }
  const versions: Record<string, string | null> = JSON.parse(stdout);
  const missing = Object.keys(versions).filter((name) => versions[name] === null);
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const text =
    missing.length > 0
      ? `${python} lacks ${missing.join(", ")}; run \`mistral-fine-tuning-server setup\` again`
      : `${python}: ${list.join(", ")}`;
  return [
    { level: missing.length > 0 ? "failed" : "ok", subject, text },
    ...(python === recipePython()
      ? []
      : [
          {
            level: "note" as const,
            subject,
            text: "this environment is from an earlier release; run `mistral-fine-tuning-server setup` to update it",
          },
        ]),
  ];
}

/** Runs the recipe's own checks. Keeps the checks that were done when the program fails or takes too long. */
async function diagnoseLoadedModels(python: string, models: ModelsFile, trainsHere: boolean): Promise<Diagnosis[]> {
  const request = JSON.stringify({ models: Object.fromEntries(models), trains_here: trainsHere });
  const timeout = PYTHON_TIMEOUT_MS + models.size * MODEL_TIMEOUT_MS;
  const { stdout, failure } = await run(python, [recipeFile("train.py"), "doctor"], timeout, request);
  const done = stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => diagnosis.parse(JSON.parse(line)));
  return failure === undefined
    ? done
    : [...done, { level: "failed", subject: "recipe", text: `${python} train.py doctor failed: ${failure}` }];
}

/** Runs Python. `failure` is the last line of stderr, or that the time limit was reached. */
function run(
  python: string,
  args: string[],
  timeout: number,
  input = "",
): Promise<{ stdout: string; failure?: string }> {
  return new Promise((resolve) => {
    const options = { timeout, cwd: dirname(recipeFile("train.py")), maxBuffer: Number.POSITIVE_INFINITY };
    const child = execFile(python, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ stdout });
      const reason = child.killed ? `no answer within ${timeout / 1000} s` : (lastLine(stderr) ?? error.message);
      resolve({ stdout, failure: reason });
    });
    // A program that fails at its start closes its input: its exit reports why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function lastLine(text: string): string | undefined {
  return text.trim().split("\n").at(-1) || undefined;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { UsageError } from "../domain/errors";
import { recipeFile, recipePython } from "../trainers/recipe/recipe";

/**
 * `mistral-fine-tuning-server setup [--extra NAME]… [--torch-index URL] [--tiny-model DIR FILE…]`: creates the Python
 * environment of the included recipe. With `--tiny-model`, also creates a small model with random weights whose
 * tokenizer is trained on the files.
 *
 * @throws {UsageError} when Python is missing or a command fails. The command's output is printed before the error.
 */
export async function setUp(argv: string[]): Promise<void> {
  const { values, positionals } = parseSetupOptions(argv);
  const extras = values.extra.flatMap((name) => ["--extra", name]);
  const index = values["torch-index"] === undefined ? [] : [`--torch-index=${values["torch-index"]}`];
  await run("python3", [recipeFile("setup_env.py"), ...extras, ...index]);
  const tiny = values["tiny-model"];
  if (tiny !== undefined) {
    await run(recipePython(), [recipeFile("make_tiny_model.py"), tiny, ...positionals]);
  }
}

function parseSetupOptions(argv: string[]) {
  try {
    const options = {
      extra: { type: "string", multiple: true, default: [] as string[] },
      "torch-index": { type: "string" },
      "tiny-model": { type: "string" },
    } as const;
    const result = parseArgs({ args: argv, allowPositionals: true, options });
    if ((result.positionals.length === 0) === (result.values["tiny-model"] !== undefined)) {
      throw new Error("--tiny-model takes a folder, followed by the data files that train the tokenizer");
    }
    return result;
  } catch (error) {
    throw new UsageError(`setup: ${(error as Error).message}`);
  }
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: "inherit" });
  const [code, signal] = await once(child, "exit").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `${command} is not installed; install Python 3.11 or later` : error.message,
    );
  });
  if (code !== 0) throw new UsageError(`${command} failed with ${signal ?? `exit code ${code}`}`);
}

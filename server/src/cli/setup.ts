import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { UsageError } from "../domain/errors";
import { recipeFile, recipePython } from "../trainers/recipe/recipe";

/**
 * `mistral-fine-tuning-server setup [--extra NAME]… [--tiny-model DIR FILE…]`: makes the Python environment of the shipped
 * recipe, and on demand a tiny model with random weights, whose tokenizer knows the words of the files.
 *
 * @throws {UsageError} there is no Python, or it has failed; what it said stands above
 */
export async function setUp(argv: string[]): Promise<void> {
  const { values, positionals } = parsed(argv);
  const extras = values.extra.flatMap((name) => ["--extra", name]);
  await run("python3", [recipeFile("setup_env.py"), ...extras]);
  const tiny = values["tiny-model"];
  if (tiny !== undefined) {
    await run(recipePython(), [recipeFile("make_tiny_model.py"), tiny, ...positionals]);
  }
}

function parsed(argv: string[]) {
  try {
    const options = {
      extra: { type: "string", multiple: true, default: [] as string[] },
      "tiny-model": { type: "string" },
    } as const;
    const result = parseArgs({ args: argv, allowPositionals: true, options });
    if ((result.positionals.length === 0) === (result.values["tiny-model"] !== undefined)) {
      throw new Error("--tiny-model takes a folder and the data files whose words the model is to know");
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
      error.code === "ENOENT" ? `there is no ${command}: install Python 3.11 or later` : error.message,
    );
  });
  if (code !== 0) throw new UsageError(`${command} ended with ${signal ?? `exit code ${code}`}`);
}

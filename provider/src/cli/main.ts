import { HELP } from "./help";
import { visible } from "./marks";
import { UsageError } from "./usage";

/** Loads only the code of the command. */
const commands: Record<string, () => (argv: string[]) => Promise<void>> = {
  check: () => (require("./check/command") as typeof import("./check/command")).check,
  plot: () => (require("./plot/command") as typeof import("./plot/command")).plot,
  compare: () => (require("./compare/command") as typeof import("./compare/command")).compare,
  diff: () => (require("./diff/command") as typeof import("./diff/command")).diff,
};

async function main([name, ...argv]: string[]): Promise<void> {
  if (name === undefined || [name, ...argv].some((each) => each === "--help" || each === "-h")) {
    console.log(HELP);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const known = Object.keys(commands).join(", ");
    throw new UsageError(`unknown command ${JSON.stringify(name)}; expected one of: ${known}`);
  }
  await command()(argv);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`pulumi-mistral: ${visible(error.message)}`);
  if (error instanceof UsageError) console.error("Run `pulumi-mistral --help` for the commands and options.");
  process.exitCode = error instanceof UsageError ? 2 : 1;
});

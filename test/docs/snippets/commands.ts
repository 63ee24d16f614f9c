import { existsSync } from "node:fs";
import { join } from "node:path";
import { HELP as providerHelp } from "../../../provider/src/cli/help";
import { HELP as serverHelp } from "../../../server/src/cli/options";
import { scriptsOf } from "../documents";
import { root } from "./blocks";
import { pulumiUsage } from "./pulumiUsage";

/** Programs of other projects. Their arguments are not checked. */
const OTHERS =
  /^(cat|cd|chmod|cp|curl|docker|export|git|grep|head|kill|kubectl|mkdir|node|pgrep|printf|python|python3|sed|sha256sum|cut|tar|touch|xargs|venv\/bin\/pip|llama-factory\/bin\/pip|go)$/;

const NPM = ["ci", "cit", "install", "pack", "publish", "run", "start", "test"];

/** The commands of a `console` block are the lines with a prompt; in `sh`, every line is one. A backslash continues a line. */
export function commandLines(language: string, code: string): string[] {
  const joined = code.replace(/\\\n\s*/g, "");
  const lines = joined.split("\n").map((line) => line.trim());
  if (language === "console") return lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  return lines.filter((line) => line !== "");
}

/** Returns why a command line cannot work: an unknown program, command, script or flag. `file` is the text with the line. */
export function commandProblems(line: string, file: string): string[] {
  return simpleCommands(line).flatMap((words) => {
    const problem = wordsProblem(words, file);
    return problem === undefined ? [] : [problem];
  });
}

/** Splits `A=1 a b | c && d > file` into the words of `a b`, `c` and `d`. Command substitutions are commands, too. */
function simpleCommands(line: string): string[][] {
  const substitutions = [...line.matchAll(/[$<]\(([^()]+)\)/g)].map(([, inner = ""]) => inner);
  const outer = line.replace(/[$<]\([^()]+\)/g, "SUBSTITUTED").replace(/ +#.*$/, "");
  const commands = outer.split(/&&|\|\||[|;]| &$/).map((command) => words(command));
  const isVariable = (word: string) => /^\w+=/.test(word);
  const withoutVariables = commands.map((each) => each.slice([...each, ""].findIndex((word) => !isVariable(word))));
  return [...withoutVariables, ...substitutions.map(words)].filter(
    ([name]) => name !== undefined && name !== "SUBSTITUTED",
  );
}

const words = (command: string) =>
  [...command.replace(/\d?>+ *\S+/g, "").matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word);

function wordsProblem([name = "", ...args]: string[], file: string): string | undefined {
  if (name === "npx") return wordsProblem(args, file);
  if (name === "npm") return npmProblem(args, file);
  if (name === "pulumi") return pulumiProblem(args);
  if (name === "pulumi-mistral") return helpProblem(providerHelp, ["check", "diff", "plot", "compare"], true, args);
  if (name === "mistral-fine-tuning-server") {
    return helpProblem(serverHelp, ["doctor", "setup", "rotate-signing-key"], false, args);
  }
  return OTHERS.test(name) || hasBin(name) ? undefined : `unknown program ${name}: ${args.join(" ")}`;
}

function helpProblem(help: string, commands: string[], required: boolean, args: string[]): string | undefined {
  const [command = ""] = args;
  const isCommand = !command.startsWith("-") && (required || command !== "");
  if (isCommand && !commands.includes(command)) return `unknown command ${command}`;
  return unknownFlag(args, new Set(help.match(/--[\w-]+/g)));
}

/** Names of programs that npm installs for this repository. */
function hasBin(name: string): boolean {
  return existsSync(join(root, "node_modules/.bin", name));
}

function npmProblem([command = "", ...args]: string[], file: string): string | undefined {
  if (!NPM.includes(command)) return `unknown command npm ${command}`;
  if (command !== "run") return undefined;
  const script = args[0] ?? "";
  return scriptsOf(file).has(script) ? undefined : `no script ${script}`;
}

function pulumiProblem(args: string[]): string | undefined {
  const known = Object.keys(pulumiUsage).sort((a, b) => b.length - a.length);
  const text = args.join(" ");
  const command = known.find((each) => text === each || text.startsWith(`${each} `));
  if (command === undefined) return `unknown command pulumi ${text}: add it to pulumiUsage.ts`;
  return unknownFlag(args, new Set(pulumiUsage[command]));
}

/** Arguments after `--` belong to another program. */
function unknownFlag(args: string[], flags: ReadonlySet<string>): string | undefined {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  const unknown = own.filter((arg) => /^--?\w/.test(arg)).find((arg) => !flags.has(arg.split("=")[0] ?? ""));
  return unknown === undefined ? undefined : `unknown flag ${unknown}`;
}

import { spawnSync } from "node:child_process";
import type { Block } from "./blocks";

const COMPILE = `
import json, sys
for block in json.load(sys.stdin):
    try:
        compile(block["code"], block["where"], "exec")
    except SyntaxError as error:
        print(f'{block["where"]}: {error}')
`;

/** Compiles Python blocks in one process. Returns undefined when the machine has no Python. */
export function pythonProblems(blocks: readonly Block[]): string[] | undefined {
  const { error, stdout } = spawnSync("python3", ["-c", COMPILE], { input: JSON.stringify(blocks), encoding: "utf8" });
  return error ? undefined : stdout.split("\n").filter((line) => line !== "");
}

/** Checks that Go blocks, programs or fragments, are formatted as gofmt does. Returns undefined when the machine has no Go. */
export function goProblems(blocks: readonly Block[]): string[] | undefined {
  const results = blocks.map((block) => ({
    ...block,
    ...spawnSync("gofmt", [], { input: `${block.code}\n`, encoding: "utf8" }),
  }));
  if (results.some(({ error }) => error)) return undefined;
  return results.flatMap(({ where, code, status, stdout, stderr }) => {
    if (status !== 0) return [`${where}: ${stderr}`];
    return stdout.trimEnd() === code.trimEnd() ? [] : [`${where}: not formatted by gofmt`];
  });
}

import type { ServerOptions } from "../../index";
import { findTrainer } from "../../trainers";
import { checkDataFolder, checkKeys, checkNode } from "./serverChecks";

/** Says what works and what does not, with the options that the server would be started with. @returns the exit code */
export async function examine(options: ServerOptions, print: (line: string) => void): Promise<number> {
  const checks = [
    checkNode,
    checkDataFolder,
    checkKeys,
    (each: ServerOptions) => findTrainer(each.trainer).diagnose(each),
  ];
  let failed = 0;
  for (const check of checks) {
    for (const { level, what, text } of await check(options)) {
      print(`${level.padEnd(7)} ${what}: ${text}`);
      failed += level === "failed" ? 1 : 0;
    }
  }
  print(failed === 0 ? "Everything that these options need works." : `${failed} of these must be mended first.`);
  return failed === 0 ? 0 : 1;
}

import type { ServerOptions } from "../../index";
import { findTrainer } from "../../trainers";
import type { CommandOptions } from "../options";
import { checkDataFolder, checkKeys, checkNode } from "./serverChecks";
import { checkWebhooks } from "./webhookChecks";

/**
 * Checks whether the server can work with these options, and prints one line for each check.
 *
 * @returns the exit code: 0 when no check failed, else 1
 */
export async function runDoctor(options: CommandOptions, print: (line: string) => void): Promise<number> {
  const checks = [
    checkNode,
    checkDataFolder,
    checkKeys,
    checkWebhooks,
    (each: ServerOptions) => findTrainer(each.trainer).diagnose(each),
  ];
  let failed = 0;
  for (const check of checks) {
    for (const { level, subject, text } of await check(options)) {
      print(`${level.padEnd(7)} ${subject}: ${text}`);
      failed += level === "failed" ? 1 : 0;
    }
  }
  print(failed === 0 ? "All checks passed." : `${failed} check${failed === 1 ? "" : "s"} failed.`);
  return failed === 0 ? 0 : 1;
}

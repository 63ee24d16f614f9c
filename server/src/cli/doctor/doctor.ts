import type { ServerOptions } from "../../index";
import { checkRay } from "../../trainers/ray/diagnoseRay";
import { checkModels, checkRecipe } from "../../trainers/recipe/diagnoseRecipe";
import { checkDataFolder, checkKeys, checkNode } from "./serverChecks";

/** What one look has found. */
export interface Diagnosis {
  /** `note`: not needed with these options, or not to be known from here. */
  level: "ok" | "note" | "failed";
  what: string;
  text: string;
}

/** Says what works and what does not, with the options that the server would be started with. @returns the exit code */
export async function examine(options: ServerOptions, print: (line: string) => void): Promise<number> {
  const looks = [checkNode, checkDataFolder, checkKeys, checkModels, checkRecipe, checkRay];
  let failed = 0;
  for (const look of looks) {
    for (const { level, what, text } of await look(options)) {
      print(`${level.padEnd(7)} ${what}: ${text}`);
      failed += level === "failed" ? 1 : 0;
    }
  }
  print(failed === 0 ? "Everything that these options need works." : `${failed} of these must be mended first.`);
  return failed === 0 ? 0 : 1;
}

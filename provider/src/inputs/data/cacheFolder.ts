import { join } from "node:path";

/**
 * Returns a folder in the user's cache.
 *
 * @throws when the user has no home directory
 */
export function cacheFolder(name: string): string {
  // Loaded here, because the module looks up the home directory when it is loaded, and may throw.
  const envPaths = require("env-paths") as typeof import("env-paths");
  return join(envPaths("pulumi-mistral", { suffix: "" }).cache, name);
}

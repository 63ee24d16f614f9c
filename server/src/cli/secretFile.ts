import { readFileSync } from "node:fs";
import { UsageError } from "../domain/errors";

/**
 * Returns the secret that signs notifications: the content of the file, or else the variable
 * `MISTRAL_SERVER_WEBHOOK_SECRET`. Undefined without both.
 *
 * @throws {UsageError} when the file cannot be read
 */
export function readWebhookSecret(path: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (path === undefined) return env.MISTRAL_SERVER_WEBHOOK_SECRET?.trim() || undefined;
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new UsageError(`cannot read --webhook-secret-file: ${(error as Error).message}`);
  }
}

import { statSync } from "node:fs";
import { isLoopbackHost } from "#common";
import { UsageError } from "../../domain/errors";
import type { Diagnosis } from "../../trainers/descriptor";
import { parseWebhooks } from "../../webhooks/targets";
import type { CommandOptions } from "../options";

/** Checks the webhooks without sending anything. */
export function checkWebhooks(options: CommandOptions): Diagnosis[] {
  try {
    const { targets = [] } = parseWebhooks(options) ?? {};
    const checked = targets.map(
      ({ url, name }): Diagnosis =>
        url.protocol === "http:" && !isLoopbackHost(url.hostname)
          ? { level: "note", subject: "webhook", text: `${name} is not encrypted: use https` }
          : { level: "ok", subject: "webhook", text: name },
    );
    return [...checked, ...checkSecretFile(options.webhookSecretFile)];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [{ level: "failed", subject: "webhook", text: error.message }];
  }
}

function checkSecretFile(path: string | undefined): Diagnosis[] {
  // Windows has no mode bits. A group may contain only the server's administrators.
  if (path === undefined || process.platform === "win32" || (statSync(path).mode & 0o006) === 0) return [];
  const text = `all users of this machine can access ${path}: run chmod 600 on the file`;
  return [{ level: "note", subject: "webhook secret", text }];
}

import { isLoopbackHost } from "#common";
import { UsageError } from "../../domain/errors";
import type { ServerOptions } from "../../index";
import type { Diagnosis } from "../../trainers/descriptor";
import { parseWebhooks } from "../../webhooks/targets";

/** Checks the webhooks without sending anything. */
export function checkWebhooks(options: ServerOptions): Diagnosis[] {
  try {
    const { targets = [] } = parseWebhooks(options) ?? {};
    return targets.map(({ url, name }) =>
      url.protocol === "http:" && !isLoopbackHost(url.hostname)
        ? { level: "note", subject: "webhook", text: `${name} is not encrypted: use https` }
        : { level: "ok", subject: "webhook", text: name },
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [{ level: "failed", subject: "webhook", text: error.message }];
  }
}

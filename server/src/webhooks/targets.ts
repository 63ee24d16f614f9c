import { createHash } from "node:crypto";
import { UsageError } from "../domain/errors";
import type { ServerOptions } from "../index";

const MAX_WEBHOOKS = 10;

/** The number of bytes of a secret, inclusive: https://github.com/standard-webhooks/standard-webhooks */
const [MIN_SECRET_BYTES, MAX_SECRET_BYTES] = [24, 64];
const PREFIX = "whsec_";

const MAKE_SECRET = `(umask 077; node -p '"whsec_" + crypto.randomBytes(32).toString("base64")' > webhook-secret)`;

/** A URL that receives notifications. */
export interface WebhookTarget {
  /** SHA-256 of the URL, in hex. The database stores this in place of the URL, which may contain a token. */
  key: string;
  url: URL;
  /** For people and logs: without the path and the query, which may contain a token. */
  name: string;
}

export interface Webhooks {
  targets: readonly WebhookTarget[];
  secret: string;
}

/**
 * Checks the options `webhooks` and `webhookSecret`. A URL that is given twice counts once.
 *
 * @returns undefined when there is no webhook
 * @throws {UsageError} with a message that contains no part of a URL except its protocol and host, and no part of the secret
 */
export function parseWebhooks({
  webhooks = [],
  webhookSecret,
}: Pick<ServerOptions, "webhooks" | "webhookSecret">): Webhooks | undefined {
  if (webhooks.length === 0) return undefined;
  const targets = new Map(webhooks.map(toTarget).map((target) => [target.key, target]));
  if (targets.size > MAX_WEBHOOKS) {
    throw new UsageError(`--webhook can be used at most ${MAX_WEBHOOKS} times, not ${targets.size}`);
  }
  if (webhookSecret === undefined) {
    throw new UsageError(
      `--webhook needs a secret that signs the notifications: make one with \`${MAKE_SECRET}\`, ` +
        "and pass --webhook-secret-file webhook-secret",
    );
  }
  if (!isSecret(webhookSecret)) {
    throw new UsageError(
      `The webhook secret must be ${PREFIX} followed by the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes; ` +
        `make one with \`${MAKE_SECRET}\``,
    );
  }
  return { targets: [...targets.values()], secret: webhookSecret };
}

function toTarget(text: string): WebhookTarget {
  // Without the slashes, `https:example.com` would be accepted, too.
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new UsageError("--webhook takes an http:// or https:// URL, such as https://example.com/hooks/trainings");
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `--webhook must not contain credentials (${url.origin}); the receiver verifies the signature of each notification`,
    );
  }
  url.hash = "";
  return { key: createHash("sha256").update(url.href).digest("hex"), url, name: url.origin };
}

function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, "base64");
  const hasSize = bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES;
  // Node.js ignores invalid characters, receivers do not.
  return hasSize && bytes.toString("base64") === encoded;
}

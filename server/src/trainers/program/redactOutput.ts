import { redact } from "#common";

/** Names of environment variables whose values are secrets. */
const SECRET_VARIABLE = /(?:^|_)(?:TOKEN|KEY|KEYS|SECRET|PASSWORD|PASSWD|CREDENTIALS)$/;

/** Tokens that are recognized by their form: of Hugging Face, GitHub, GitLab, OpenAI and others, AWS, Slack, and JWTs. */
const TOKENS = new RegExp(
  [
    String.raw`\bhf_[A-Za-z0-9]{16,}`,
    String.raw`\b(?:gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})`,
    String.raw`\bsk-[\w-]{16,}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
    String.raw`\bxox[abprs]-[\w-]{10,}`,
    String.raw`\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}`,
  ].join("|"),
  "g",
);

/** The values after these are secrets: an authorization scheme, a field such as `api_key=`, a parameter of a signed URL. */
const PREFIXED = [
  /(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}/gi,
  /((?:api[_-]?key|access[_-]?key|token|secret|password|passwd)["']?\s*[=:]\s*["']?)[\w.~+/=-]{16,}/gi,
  /([?&](?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|Signature|sig|Policy|Key-Pair-Id|AWSAccessKeyId|key|\w*token)=)[^&\s"'<>]+/gi,
  /(\bhttps?:\/\/)[^\s/@"'<>]+(?=@)/gi,
];

/**
 * Replaces secrets in a text of a training program, which the API shows: the job's own, those of the server's environment,
 * which the program inherits, and everything in the form of a token or of a signed URL.
 *
 * @param secrets of the job, of any length
 */
export function redactOutput(text: string, secrets: readonly string[]): string {
  const ofServer = Object.entries(process.env).flatMap(([name, value]) =>
    SECRET_VARIABLE.test(name) && value !== undefined ? [value] : [],
  );
  const known = redact(redact(text, secrets, 1), ofServer);
  return PREFIXED.reduce((rest, pattern) => rest.replace(pattern, "$1[secret]"), known.replace(TOKENS, "[secret]"));
}

/** Returns a copy of a JSON value of a training program without the secrets in its strings. */
export function redactAll<Value>(value: Value, secrets: readonly string[]): Value {
  if (typeof value === "string") return redactOutput(value, secrets) as Value;
  if (Array.isArray(value)) return value.map((each) => redactAll(each, secrets)) as Value;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => [redactOutput(key, secrets), redactAll(each, secrets)]);
    return Object.fromEntries(entries) as Value;
  }
  return value;
}

import { redact } from "#common";

/** Returns a copy of a JSON value without the secrets in its strings. The API accepts tokens of any length. */
export function redactAll<Value>(value: Value, secrets: readonly string[]): Value {
  if (typeof value === "string") return redact(value, secrets, 1) as Value;
  if (Array.isArray(value)) return value.map((each) => redactAll(each, secrets)) as Value;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => [key, redactAll(each, secrets)]);
    return Object.fromEntries(entries) as Value;
  }
  return value;
}

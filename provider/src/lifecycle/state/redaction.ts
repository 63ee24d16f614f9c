import { redact } from "../../client/redact";
import type { Inputs } from "../../schema/inputs";

type Credentials = Pick<Inputs, "connection" | "integrations" | "repositories">;

/** A text without the resource's credentials: a server may repeat them in what it says of a job. */
export function withoutSecrets(
  text: string,
  { connection, integrations = [], repositories = [] }: Credentials,
): string {
  const secrets = [
    connection?.apiKey,
    ...integrations.map(({ apiKey }) => apiKey),
    ...repositories.map(({ token }) => token),
  ];
  const known = secrets.filter((secret) => secret !== undefined);
  // Also as they stand inside a JSON text.
  return redact(text, [...known, ...known.map((secret) => JSON.stringify(secret).slice(1, -1))]);
}

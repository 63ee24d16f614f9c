import { redact } from "#common";
import type { Inputs } from "../../schema/inputs";

type Credentials = Pick<Inputs, "connection" | "integrations" | "repositories">;

/** Redacts the resource's credentials in a text: a server may echo them in a job's fields. */
export function withoutSecrets(
  text: string,
  { connection, integrations = [], repositories = [] }: Credentials,
): string {
  const secrets = [
    connection?.apiKey,
    ...integrations.map(({ apiKey }) => apiKey),
    ...repositories.map(({ token }) => token),
  ];
  return redact(
    text,
    secrets.filter((secret) => secret !== undefined),
  );
}

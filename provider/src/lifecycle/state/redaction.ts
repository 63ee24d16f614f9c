import { redact } from "#common";
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
  return redact(
    text,
    secrets.filter((secret) => secret !== undefined),
  );
}

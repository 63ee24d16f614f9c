import { redact } from "#common";
import type { Inputs } from "../../schema/inputs";

type Credentials = Partial<Pick<Inputs, "connection" | "integrations" | "repositories">>;

/** Returns the resource's credentials. */
export function secretsOf({ connection, integrations = [], repositories = [] }: Credentials): string[] {
  const secrets = [
    connection?.apiKey,
    ...integrations.map(({ apiKey }) => apiKey),
    ...repositories.map(({ token }) => token),
  ];
  return secrets.filter((secret) => secret !== undefined);
}

/** Redacts the resource's credentials in a text: a server may echo them in a job's fields. */
export const withoutSecrets = (text: string, inputs: Credentials): string => redact(text, secretsOf(inputs));

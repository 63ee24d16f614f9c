import { z } from "zod";
import { optional } from "../domain/fields";
import type { Secrets } from "../store/secrets";
import { apiKeyVariable, tokenVariable } from "../trainers/program/jobFile";

const body = z.object({
  integrations: optional(z.array(z.object({ api_key: z.string() }))),
  repositories: optional(z.array(z.object({ token: z.string() }))),
});

/** The secrets in the body of a job's creation, which has been checked, as the program's environment. */
export function jobSecrets(checked: unknown): Secrets {
  const { integrations = [], repositories = [] } = body.parse(checked);
  return Object.fromEntries([
    ...integrations.map(({ api_key }, index) => [apiKeyVariable(index), api_key]),
    ...repositories.map(({ token }, index) => [tokenVariable(index), token]),
  ]);
}

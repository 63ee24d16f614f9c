import { z } from "zod";
import { optional } from "../domain/fields";
import type { Secrets } from "../store/secrets";
import { apiKeyVariable, tokenVariable } from "../trainers/program/jobFile";

const body = z.object({
  integrations: optional(z.array(z.object({ api_key: z.string() }))),
  repositories: optional(z.array(z.object({ token: z.string() }))),
});

/**
 * Returns the secrets of a job as environment variables of the training program.
 *
 * @param createBody the validated body of `POST /v1/fine_tuning/jobs`
 */
export function jobSecrets(createBody: unknown): Secrets {
  const { integrations = [], repositories = [] } = body.parse(createBody);
  return Object.fromEntries([
    ...integrations.map(({ api_key }, index) => [apiKeyVariable(index), api_key]),
    ...repositories.map(({ token }, index) => [tokenVariable(index), token]),
  ]);
}

import { TrainingRule } from "#common/trainingRule";
import type { MistralClient } from "../../client";
import { undefinedIfNotFound } from "../connection/notFound";

const rules = new WeakMap<MistralClient, Map<string, Promise<TrainingRule | undefined>>>();

/**
 * Returns the rule that the server publishes for trainings of a base model. Requests it once per server and model, because the jobs
 * of a stack often share a model.
 *
 * @returns undefined when the server has no such model, or publishes no rule or one that this release does not know
 */
export function publishedRule(
  client: MistralClient,
  model: string,
  signal: AbortSignal,
): Promise<TrainingRule | undefined> {
  const known = rules.get(client) ?? new Map<string, Promise<TrainingRule | undefined>>();
  rules.set(client, known);
  const earlier = known.get(model);
  if (earlier) return earlier;
  const rule = requestRule(client, model, signal);
  known.set(model, rule);
  rule.catch(() => known.delete(model));
  return rule;
}

async function requestRule(
  client: MistralClient,
  model: string,
  signal: AbortSignal,
): Promise<TrainingRule | undefined> {
  const reply = await undefinedIfNotFound(client.models.get(model, { signal }));
  return TrainingRule.safeParse(reply?.training).data;
}

import { formatAmount, plural } from "#common";
import type { DetailedJob } from "../../client";

/**
 * The line that tells the user that the job waits at its review gate:
 * ``validated: 13.11 USD, 50 steps; set `autoStart: true` to start fine-tuning job 8c2a7a54-…``
 */
export function reviewGateLine({ id, metadata, hyperparameters }: DetailedJob): string {
  const { cost, cost_currency: currency, total_steps } = metadata ?? {};
  const steps = total_steps ?? hyperparameters?.training_steps;
  const facts = [
    cost === undefined ? "cost unknown" : [formatAmount(cost), currency].filter(Boolean).join(" "),
    ...(steps === undefined ? [] : [plural(steps, "step")]),
  ];
  return `validated: ${facts.join(", ")}; set \`autoStart: true\` to start fine-tuning job ${id}`;
}

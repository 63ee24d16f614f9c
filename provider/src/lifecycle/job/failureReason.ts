import type { DetailedJob } from "../../client";
import type { Inputs } from "../../schema/inputs";
import { withoutSecrets } from "../state/redaction";
import { eventsOf } from "./history";

const SHOWN_EVENTS = 5;

/** Returns why a job ended without a model: its last events, and what to do next. */
export function failureReason(job: DetailedJob, inputs: Inputs): string {
  const events = eventsOf(job).slice(-SHOWN_EVENTS);
  const lines = events.map(({ name, data }) => `  ${name}${data === undefined ? "" : ` ${JSON.stringify(data)}`}`);
  const reason = [
    `fine-tuning job ${job.id} has ended as ${job.status}. Last events:`,
    ...(lines.length > 0 ? lines : ["  (none)"]),
    "The job is not retried automatically: correct the inputs or the data, or change `triggers` to retrain with the same inputs.",
  ].join("\n");
  return withoutSecrets(reason, inputs);
}

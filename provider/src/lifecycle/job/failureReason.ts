import type { DetailedJob } from "../../client";
import type { Inputs } from "../../schema/inputs";
import { withoutSecrets } from "../state/redaction";
import { eventsOf } from "./history";

const SHOWN_EVENTS = 5;

/** Why a job has ended without a model, with its last events and what to do. */
export function failureReason(job: DetailedJob, inputs: Inputs): string {
  const events = eventsOf(job).slice(-SHOWN_EVENTS);
  const lines = events.map(({ name, data }) => `  ${name}${data === undefined ? "" : ` ${JSON.stringify(data)}`}`);
  const reason = [
    `fine-tuning job ${job.id} has ended as ${job.status}. Its last events:`,
    ...(lines.length > 0 ? lines : ["  (none)"]),
    "It is not trained again by itself: change the declaration (or `triggers`, to train the same again).",
  ].join("\n");
  return withoutSecrets(reason, inputs);
}

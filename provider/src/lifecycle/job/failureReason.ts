import type { DetailedJob, JobEvent } from "../../client";
import type { Inputs } from "../../schema/inputs";
import { cleanValue } from "../state/cleanText";
import { limitEvents } from "../state/limits";
import { eventsOf } from "./history";

const SHOWN_EVENTS = 5;
const LONGEST_EVENT = 4_000;

/** Returns why a job ended without a model: its last events, its page if there is one, and what to do next. */
export function failureReason(job: DetailedJob, inputs: Inputs, dashboardUrl?: string): string {
  const events = limitEvents(eventsOf(job), {}).slice(-SHOWN_EVENTS);
  const lines = events.map((event) => eventLine(cleanValue(event, inputs) as JobEvent));
  return [
    `fine-tuning job ${job.id} has ended as ${job.status}. Last events:`,
    ...(lines.length > 0 ? lines : ["  (none)"]),
    ...(dashboardUrl === undefined ? [] : [`The curves and all events of the job are at ${dashboardUrl}`]),
    "The job is not retried automatically: correct the inputs or the data, or change `triggers` to retrain with the same inputs.",
  ].join("\n");
}

function eventLine({ name, data }: JobEvent): string {
  const line = `  ${name}${data === undefined ? "" : ` ${JSON.stringify(data)}`}`;
  return line.length > LONGEST_EVENT ? `${line.slice(0, LONGEST_EVENT)}…` : line;
}

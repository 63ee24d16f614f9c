import type { JobOutputs } from "../../schema/outputs";

/*
 * Limits of what the state holds of a server's reply. A state that already holds more keeps as much, so that a refresh after an
 * upgrade shows no change.
 */

const MOST_EVENTS = 50;
/** Of all events together, as JSON. */
const MOST_EVENT_CHARACTERS = 256 * 1024;
const MOST_CHECKPOINTS = 2_000;
const MOST_FILE_IDS = 1_000;
/** A longer URL, currency or suffix is omitted. */
export const LONGEST_NAME = 4_096;

/** The outputs that the state holds. */
export type Recorded = Partial<Pick<JobOutputs, "checkpoints" | "events" | "trainingFileIds" | "validationFileIds">>;

/** Returns the newest events that fit in the limits. Leaves out an event that alone is too large. */
export function limitEvents<Event>(events: Event[], { events: recorded = [] }: Recorded): Event[] {
  let left = Math.max(MOST_EVENT_CHARACTERS, JSON.stringify(recorded).length);
  const newest = events.slice(-MOST_EVENTS).toReversed();
  const kept = newest.filter((event) => {
    const size = JSON.stringify(event).length;
    if (size > left) return false;
    left -= size;
    return true;
  });
  return kept.toReversed();
}

/** Returns the last checkpoints. */
export const limitCheckpoints = (checkpoints: JobOutputs["checkpoints"], { checkpoints: recorded = [] }: Recorded) =>
  checkpoints.slice(-Math.max(MOST_CHECKPOINTS, recorded.length));

export const limitFileIds = (ids: string[], recorded: string[] = []) =>
  ids.slice(0, Math.max(MOST_FILE_IDS, recorded.length));

/** Returns the text, or undefined when it is too long for a name. */
export const shortName = (text: string | undefined) => (text && text.length > LONGEST_NAME ? undefined : text);

import { isTerminal } from "#common/jobStatus";
import type { JobEvent } from "./jobReply";

/** A status that a job has or had. */
export interface TimelineEntry {
  status: string;
  /** Seconds since 1970. */
  at: number;
  /** How long the job had the status, in seconds. Undefined: it still has the status. */
  lasted: number | undefined;
}

/** Returns the statuses of a job from its events, oldest first. Omits those that a restart of the server repeats. */
export function timelineOf(events: readonly JobEvent[]): TimelineEntry[] {
  const changes = events.flatMap(({ name, data, created_at: at }) =>
    name === "status-updated" && typeof data.status === "string" ? [{ status: data.status, at }] : [],
  );
  const ordered = changes.reverse().filter(({ status }, index, all) => status !== all[index - 1]?.status);
  return ordered.map((entry, index) => {
    const next = ordered[index + 1];
    const lasted = next === undefined ? undefined : Math.max(0, next.at - entry.at);
    return { ...entry, lasted: isTerminal(entry.status) ? undefined : lasted };
  });
}

import { isTerminal } from "#common";
import type { Job } from "../../domain/job";
import { SIMULATED } from "../../domain/trainer";
import { type CurveStore, SPARKLINE_POINTS } from "../../store/dashboard/curves";
import type { JobStore } from "../../store/jobs";
import { simulatedLosses } from "../../trainers/simulated/simulatedPoints";
import type { RowDetails } from "../replies/dashboard";

/** The most jobs whose details are kept: about 2 MB. */
const MAX_KEPT = 2000;

/** The end of a job may be undone while it is not durable. Milliseconds. */
const SETTLED_AFTER = 5000;

/** Reads what the list shows of a job's training. Keeps what it has read of jobs that have ended. */
export class RowDetailsReader {
  private readonly kept = new Map<string, RowDetails>();

  constructor(
    private readonly jobs: JobStore,
    private readonly curves: CurveStore,
  ) {}

  of(job: Job): RowDetails {
    const found = this.kept.get(job.id);
    if (found !== undefined) return found;
    const details = this.read(job);
    if (isTerminal(job.status) && Date.now() - job.modifiedAt > SETTLED_AFTER) {
      if (this.kept.size === MAX_KEPT) this.kept.clear();
      this.kept.set(job.id, details);
    }
    return details;
  }

  private read(job: Job): RowDetails {
    const hasFailed = job.status === "FAILED" || job.status === "FAILED_VALIDATION";
    const failure = hasFailed ? this.jobs.reasonOf(job.id) : undefined;
    // A job that has not started has no points.
    const summary = job.startedAt === undefined ? { sparkline: [] } : this.curves.summary(job.id);
    return {
      ...summary,
      ...(job.trainer === SIMULATED && { sparkline: simulatedLosses(job, SPARKLINE_POINTS) }),
      ...(failure !== undefined && { failure }),
    };
  }
}

import { visibleText } from "#common";
import type { Job } from "../domain/job";
import type { JobStatus } from "../domain/status";
import { isSystemError } from "../domain/systemError";
import { type Checkpoint, SIMULATED } from "../domain/trainer";
import type { EvaluationStore } from "../store/evaluations";
import type { DeliveryStore } from "../store/webhooks/deliveryStore";
import type { MissStore } from "../store/webhooks/missStore";

export type NotificationType = "job.validated" | "job.finished" | "job.failed" | "job.cancelled" | "approval.missed";

const TYPES: Partial<Record<JobStatus, NotificationType>> = {
  VALIDATED: "job.validated",
  SUCCESS: "job.finished",
  FAILED: "job.failed",
  FAILED_VALIDATION: "job.failed",
  CANCELLED: "job.cancelled",
};

/** An approval whose thresholds a model has not met. */
export interface ApprovalMiss {
  holder: string;
  description?: string | undefined;
  /** The model that was not approved. */
  model: string;
  /** The thresholds that were not met, for people. */
  thresholds: readonly string[];
}

export interface NotificationOptions {
  deliveries: DeliveryStore;
  misses: MissStore;
  evaluations: EvaluationStore;
  /** Returns the checkpoints of a job, newest first. */
  checkpointsOf(jobId: string): Checkpoint[];
  /** Returns the URL of a job's page. Undefined when this server has no page. */
  pageOf(jobId: string): string | undefined;
  /** Receives a logic error. Its notification is not sent. */
  onError(jobId: string, error: unknown): void;
}

/** Returns one line: a receiver may print it. Other whitespace than spaces could forge lines. */
const visibleLine = (text: string): string => visibleText(text.replace(/\s+/g, " "));

/**
 * Writes notifications about jobs and approvals. A notification contains no training data, no file names and no reason of a
 * failure, which may quote data: the receiver may be a chat room.
 */
export class Notifications {
  constructor(private readonly options: NotificationOptions) {}

  /**
   * Call it in the transaction that changes the status of the job.
   *
   * @throws only system errors: the server then retries the change of the status. A logic error must not fail a training.
   */
  jobChanged(job: Job): void {
    const type = TYPES[job.status];
    if (type === undefined || !this.options.deliveries.hasTargets) return;
    try {
      this.add(type, job.modifiedAt, this.jobData(job));
    } catch (error) {
      if (isSystemError(error)) throw error;
      this.options.onError(job.id, error);
    }
  }

  /**
   * Joins the current transaction, if any. Ignores a miss that was reported within the last 24 hours, and more than 20 of a job.
   */
  approvalMissed(miss: ApprovalMiss, job: Job): void {
    const { deliveries, misses } = this.options;
    const { holder, description, model, thresholds } = miss;
    const { id, workspace } = job;
    if (!deliveries.hasTargets || !misses.isNew({ jobId: id, holder, thresholds })) return;
    this.add("approval.missed", Date.now(), {
      holder,
      description: description && visibleLine(description),
      job_id: id,
      workspace,
      model,
      thresholds: thresholds.map(visibleLine),
      simulated: job.trainer === SIMULATED,
      url: this.options.pageOf(id),
    });
  }

  private add(type: NotificationType, at: number, data: object): void {
    // Like all optional fields of the API, unknown values are absent: JSON omits `undefined`.
    this.options.deliveries.add(JSON.stringify({ type, timestamp: new Date(at).toISOString(), data }));
  }

  private jobData({ id, status, workspace, trainer, spec, plan, progress, fineTunedModel }: Job): object {
    return {
      job_id: id,
      status,
      workspace,
      model: spec.model,
      suffix: spec.suffix,
      fine_tuned_model: fineTunedModel,
      simulated: trainer === SIMULATED,
      train_loss: progress?.trainLoss,
      valid_loss: this.validLoss(id),
      cost: plan?.cost,
      cost_currency: plan?.costCurrency,
      url: this.options.pageOf(id),
    };
  }

  /** Returns the loss of the result, or else of the newest checkpoint. */
  private validLoss(jobId: string): number | undefined {
    const { evaluations, checkpointsOf } = this.options;
    const tuned = evaluations.summaries([jobId]).get(jobId)?.tuned?.figures.valid_loss;
    return tuned ?? checkpointsOf(jobId)[0]?.metrics.valid_loss;
  }
}

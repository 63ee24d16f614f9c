import type { Job } from "../domain/job";
import type { DataFile, Plan, StartedJob, TrainingRequest } from "../domain/trainer";

/**
 * A started job that is kept in memory, so that polls do not read it again. Only its cancellation can change. Reads its
 * files when a trainer needs them: polls do not.
 */
export class StartedRun implements StartedJob {
  readonly id: string;
  readonly workspace: string;
  readonly owner: string;
  readonly spec: Job["spec"];
  readonly plan: Plan;
  readonly startedAt: number;
  cancelRequestedAt?: number;
  storedPoint: number;
  /** Why the job waited when it was read. */
  readonly waitingFor: string;
  private request: TrainingRequest | undefined;

  /**
   * @param storedPoint the ID of the newest stored metric point
   * @param load reads the request of the job
   */
  constructor(
    job: Job,
    storedPoint: number,
    private readonly load: () => TrainingRequest,
  ) {
    this.id = job.id;
    this.workspace = job.workspace;
    this.owner = job.owner;
    this.spec = job.spec;
    this.plan = job.plan as Plan;
    this.startedAt = job.startedAt as number;
    this.storedPoint = storedPoint;
    this.waitingFor = job.progress?.waitingFor ?? "";
  }

  get trainingFiles(): DataFile[] {
    return this.loaded().trainingFiles;
  }

  get validationFiles(): DataFile[] {
    return this.loaded().validationFiles;
  }

  get isKnownData(): boolean {
    return this.loaded().isKnownData;
  }

  private loaded(): TrainingRequest {
    this.request ??= this.load();
    return this.request;
  }
}

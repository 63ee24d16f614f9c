import type { Job, JobEvent } from "../../domain/job";
import type { JobSpec } from "../../domain/jobSpec";
import type { Checkpoint, Plan } from "../../domain/trainer";
import { SIMULATED } from "../../domain/trainer";
import type { ArtifactReply } from "./artifact";
import type { EvaluationReply } from "./evaluations";
import { seconds } from "./time";

/** Git's null object id: the commit is unknown. */
const UNKNOWN_COMMIT = "0".repeat(40);

/** Extensions of the API that are not part of the job's row. */
export interface JobExtensions {
  artifact?: ArtifactReply | undefined;
  evaluation?: EvaluationReply | undefined;
}

/**
 * Converts a job to the API's format for lists. Omits unknown values: the OpenAPI document and the JSON schema of the
 * job do not allow `null`, and the official clients accept absent fields.
 */
export function jobReply(job: Job, { artifact, evaluation }: JobExtensions = {}) {
  const { spec, plan, progress } = job;
  return {
    id: job.id,
    object: "job",
    auto_start: spec.auto_start,
    model: spec.model,
    status: job.status,
    job_type: spec.job_type,
    created_at: seconds(job.createdAt),
    modified_at: seconds(job.modifiedAt),
    training_files: spec.training_files.map((file) => file.file_id),
    validation_files: spec.validation_files,
    hyperparameters: spec.hyperparameters,
    integrations: spec.integrations,
    ...(spec.job_type === "completion" && {
      repositories: spec.repositories.map((repository) => ({ ...repository, commit_id: UNKNOWN_COMMIT })),
    }),
    suffix: spec.suffix,
    // As requested: `kept` in the evaluation is the effective value.
    keep: spec.keep,
    fine_tuned_model: job.fineTunedModel,
    trained_tokens:
      progress?.trainedTokens ??
      (plan && progress && progress.step * (progress.actual?.tokensPerStep ?? plan.tokensPerStep)),
    metadata: jobMetadata(job),
    artifact,
    evaluation,
  };
}

/** Converts a job to the API's format for a single job, with its events and checkpoints. */
export function detailedJobReply(job: Job, events: JobEvent[], checkpoints: Checkpoint[], extensions: JobExtensions) {
  return {
    ...jobReply(job, extensions),
    ...(job.spec.job_type === "completion" && {
      repositories: job.spec.repositories.map((repository) => ({
        ...repository,
        commit_id: commitOf(repository, events) ?? UNKNOWN_COMMIT,
      })),
    }),
    ...(job.spec.job_type === "classifier" && { classifier_targets: job.spec.classifier_targets }),
    events: events.map(({ name, data, createdAt }) => ({ name, data, created_at: seconds(createdAt) })),
    checkpoints: checkpoints.map(({ step, metrics, createdAt }) => ({
      metrics,
      step_number: step,
      created_at: seconds(createdAt),
    })),
  };
}

/** Returns the commit that the training program reported. Programs need not report the ref. */
function commitOf({ owner, name, ref }: JobSpec["repositories"][number], events: JobEvent[]): unknown {
  const reported = events.filter(
    ({ name: event, data }) => event === "repository" && data.owner === owner && data.name === name,
  );
  const exact = reported.find(({ data }) => data.ref === ref);
  return (exact ?? reported.find(({ data }) => data.ref === undefined))?.data.commit_id;
}

const SIMULATED_DETAILS =
  "Simulated: no model would be trained. Samples and tokens are counted in the data. Duration and cost are invented.";
const PLANNED_DETAILS = "Planned by the training program for an earlier job with the same data and settings.";
const ESTIMATED_DETAILS = "Estimated from the data. The job's own figures may differ.";

/** The reply to a dry run. `estimated` is an extension: the job's own plan may differ. */
export function dryRunReply(plan: Plan, trainer: string) {
  const simulated = trainer === SIMULATED;
  return {
    ...estimate(plan),
    object: "job.metadata",
    deprecated: false,
    details: simulated ? SIMULATED_DETAILS : plan.source === "program" ? PLANNED_DETAILS : ESTIMATED_DETAILS,
    // The simulated trainer trains by its estimate.
    ...(!simulated && plan.source === undefined && { estimated: true }),
    epochs: plan.epochs,
    training_steps: plan.totalSteps,
    simulated,
  };
}

function estimate(plan: Plan) {
  return {
    expected_duration_seconds: plan.expectedDurationSeconds,
    cost: plan.cost,
    cost_currency: plan.costCurrency,
    train_tokens_per_step: plan.tokensPerStep,
    train_tokens: plan.totalSteps * plan.tokensPerStep,
    data_tokens: plan.dataTokens,
    samples: plan.samples,
    skipped_samples: plan.skippedSamples,
  };
}

/** The estimate of the API, plus extensions: the trainer, `simulated` and the progress. */
export function jobMetadata({ trainer, plan, progress, startedAt }: Job) {
  const simulated = trainer === SIMULATED;
  if (plan === undefined) {
    return { trainer, simulated };
  }
  const known = { ...plan, ...progress?.actual };
  return {
    ...estimate(known),
    estimated_start_time: startedAt && seconds(startedAt),
    trainer,
    simulated,
    total_steps: known.totalSteps,
    epochs: known.epochs,
    ...(progress && {
      current_step: progress.step,
      progress_percentage:
        progress.stopReason === "early_stopping"
          ? 100
          : Math.min(100, Math.floor((progress.step / known.totalSteps) * 100)),
      estimated_remaining_seconds: progress.remainingSeconds,
      train_loss: progress.trainLoss,
      last_updated_time: seconds(progress.updatedAt),
      stop_reason: progress.stopReason,
      waiting_for: progress.waitingFor,
    }),
  };
}

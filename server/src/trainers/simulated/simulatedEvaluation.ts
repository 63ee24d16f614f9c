import type { Evaluation, Evaluations, Figures, SampleAnswer, TargetFigures } from "../../domain/evaluation";
import type { ClassifierTarget } from "../../domain/jobSpec";
import type { Checkpoint, EvaluationRequest, StartedJob } from "../../domain/trainer";
import { validationMetrics } from "./losses";

/** The number of validation samples that a simulated classifier claims to have classified. */
const CLASSIFIED_SAMPLES = 100;

const MAX_CONFUSION_LABELS = 50;

/**
 * Invents the measurements of a job: a pure function of the stored job. The base model has the loss before the first step,
 * the result that of the checkpoint that the job keeps.
 *
 * @param checkpoints all checkpoints of a training that has ended; undefined while it runs
 */
export function simulateEvaluations(run: StartedJob, checkpoints: readonly Checkpoint[] | undefined): Evaluations {
  if (run.validationFiles.length === 0) return {};
  const kept = checkpoints && keptStep(run, checkpoints);
  const base = bases.get(run) ?? evaluationAt(run, 0);
  bases.set(run, base);
  return { base, ...(kept !== undefined && { tuned: evaluationAt(run, kept) }) };
}

/** The measurement of each polled job's base model: the labels of a classifier are read from the disk. */
const bases = new WeakMap<StartedJob, Evaluation>();

/** Invents the figures of any model on any data: they depend on the names of both. */
export function simulateFigures({ root, modelJobId, jobType, classifierTargets }: EvaluationRequest): Figures {
  const plan = { totalSteps: 1, epochs: 1, samples: 0, skippedSamples: 0, dataTokens: 0, tokensPerStep: 0 };
  const spec = { hyperparameters: { learning_rate: 1e-4 } } as StartedJob["spec"];
  const metrics = validationMetrics({ id: modelJobId ?? root, plan, spec }, modelJobId === undefined ? 0 : 1);
  return toFigures(metrics, jobType, classifierTargets);
}

/** Invents sample answers. Their texts say so. */
export function inventSamples(count: number): SampleAnswer[] {
  return Array.from({ length: count }, (_, index) => ({
    prompt: [{ role: "user", content: `Made-up prompt ${index + 1}: the training was simulated` }],
    reference: `Made-up reference answer ${index + 1}`,
    base: `Made-up answer ${index + 1} of the base model`,
    tuned: `Made-up answer ${index + 1} of the fine-tuned model`,
  }));
}

function keptStep({ spec }: StartedJob, checkpoints: readonly Checkpoint[]): number | undefined {
  if (spec.kept !== "best") return checkpoints.at(-1)?.step;
  const lossOf = ({ metrics }: Checkpoint) => metrics.valid_loss ?? Number.POSITIVE_INFINITY;
  const [first, ...others] = checkpoints;
  return others.reduce((best, each) => (best && lossOf(each) < lossOf(best) ? each : best), first)?.step;
}

function evaluationAt(run: StartedJob, step: number): Evaluation {
  const { job_type: jobType, classifier_targets: targets } = run.spec;
  return { step, figures: toFigures(validationMetrics(run, step), jobType, targets) };
}

function toFigures(
  { valid_loss, valid_mean_token_accuracy: share }: ReturnType<typeof validationMetrics>,
  jobType: EvaluationRequest["jobType"],
  classifierTargets: readonly ClassifierTarget[],
): Figures {
  if (jobType === "completion") return { valid_loss, valid_mean_token_accuracy: share };
  const targets = classifierTargets.map((target) => classify(target, share));
  const mean = (name: "accuracy" | "f1") =>
    targets.reduce((sum, target) => sum + (target[name] ?? 0), 0) / Math.max(1, targets.length);
  return { valid_loss, accuracy: round(mean("accuracy")), f1: round(mean("f1")), targets };
}

/** Invents a confusion matrix, and computes the other figures from the matrix: they are consistent. */
function classify({ name, labels: all, loss_function }: ClassifierTarget, share: number): TargetFigures {
  const labels = all.slice(0, MAX_CONFUSION_LABELS);
  const perLabel = labels.map((_, index) => samplesOf(index, labels.length));
  const matrix = perLabel.map((samples, index) => {
    const correct = labels.length === 1 ? samples : Math.round(samples * share);
    const row = labels.map(() => 0);
    row[index] = correct;
    const confusedWith = (index + 1) % labels.length;
    row[confusedWith] = (row[confusedWith] ?? 0) + samples - correct;
    return row;
  });
  const correct = labels.map((_, index) => matrix[index]?.[index] ?? 0);
  const predicted = labels.map((_, column) => matrix.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  const scores = correct.map((hits, index) => {
    const total = (predicted[index] ?? 0) + (perLabel[index] ?? 0);
    return total === 0 ? 0 : (2 * hits) / total;
  });
  return {
    name,
    loss_function,
    samples: CLASSIFIED_SAMPLES,
    accuracy: round(correct.reduce((sum, hits) => sum + hits, 0) / CLASSIFIED_SAMPLES),
    f1: round(scores.reduce((sum, score) => sum + score, 0) / scores.length),
    majority_accuracy: round(Math.max(...perLabel) / CLASSIFIED_SAMPLES),
    confusion: { labels, matrix },
  };
}

/** Divides the samples evenly. The first labels have the rest. */
function samplesOf(index: number, labels: number): number {
  return Math.floor(CLASSIFIED_SAMPLES / labels) + (index < CLASSIFIED_SAMPLES % labels ? 1 : 0);
}

function round(value: number): number {
  return Number(value.toFixed(6));
}

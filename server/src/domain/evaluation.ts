import { z } from "zod";

/** Which checkpoint becomes the model: the one with the lowest validation loss, or the last one. */
export const Keep = z.enum(["best", "last"]);
export type Keep = z.infer<typeof Keep>;

/** The largest number of sample answers of an evaluation. */
export const MAX_SAMPLES = 20;

/** The largest number of labels of a confusion matrix. */
const MAX_CONFUSION_LABELS = 50;

/** Programs omit a field or write `null` for NaN and Infinity, which JSON does not support. */
const figure = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const share = z
  .number()
  .min(0)
  .max(1)
  .nullish()
  .transform((value) => value ?? undefined);

const confusion = z.object({
  labels: z.array(z.string()).max(MAX_CONFUSION_LABELS),
  /** Numbers of samples. Rows: the true labels. Columns: the predicted labels. */
  matrix: z.array(z.array(z.int().min(0)).max(MAX_CONFUSION_LABELS)).max(MAX_CONFUSION_LABELS),
});

const target = z.object({
  name: z.string(),
  loss_function: z.string().optional(),
  samples: z.int().min(0).optional(),
  accuracy: share,
  f1: share,
  majority_accuracy: share,
  confusion: confusion.optional(),
});

/** The result of a classifier for one target. */
export type TargetFigures = z.output<typeof target>;

/** The figures of a model on validation data, as a training program reports them. */
export const figures = z.object({
  valid_loss: figure,
  /** Completion jobs only. */
  valid_mean_token_accuracy: share,
  /** Classifiers only: the mean over the targets, like `f1`. */
  accuracy: share,
  f1: share,
  targets: z.array(target).max(100).optional(),
});
export type Figures = Partial<z.output<typeof figures>>;

/** The figures of a model without those of single targets: small enough for every reply. */
export type SummaryFigures = Omit<Figures, "targets"> & {
  /** Classifiers only: the mean over the targets of the accuracy that the most frequent answer would have. */
  majority_accuracy?: number | undefined;
};

/** The base model before the training, or the model that the training has produced. */
export type EvaluationStage = "base" | "tuned";

/** A measurement of a model on a job's validation data. */
export interface Evaluation {
  /** The step of the model: 0 for the base model. */
  step: number;
  figures: Figures;
}

/** The measurements of a job so far. */
export type Evaluations = Partial<Record<EvaluationStage, Evaluation>>;

/** A validation prompt with the answers of both models. Contains training data: never part of a job, an event or a log. */
export const sampleAnswer = z.object({
  prompt: z.union([z.string(), z.array(z.looseObject({}))]),
  reference: z.string(),
  base: z.string(),
  tuned: z.string(),
});
export type SampleAnswer = z.output<typeof sampleAnswer>;

/** The content of `evaluation/samples.json` in a job's folder. */
export const samplesFile = z.object({ samples: z.array(sampleAnswer).max(MAX_SAMPLES) });

/** Returns the figures without those of single targets. */
export function summaryOf({ targets, ...summary }: Figures): SummaryFigures {
  const majorities = (targets ?? []).flatMap(({ majority_accuracy: share }) => share ?? []);
  return {
    ...summary,
    ...(majorities.length > 0 && { majority_accuracy: mean(majorities) }),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import { ModelDeletionPolicy } from "pulumi-mistral";
import { z } from "zod";

const dataFiles = z.array(z.string().min(1));

/** A file in `trainings/`. `npm run schema` writes the JSON schema for editors from it. */
export const trainingConfig = z.strictObject({
  model: z.string().min(1).meta({ description: "Base model to fine-tune, for example open-mistral-7b." }),
  trainingFiles: dataFiles.min(1).meta({ description: "Training data: JSONL files, relative to the repository." }),
  validationFiles: dataFiles
    .exactOptional()
    .meta({ description: "Validation data: JSONL files, relative to the repository." }),
  hyperparameters: z
    .strictObject({
      trainingSteps: z.int().min(1).meta({ description: "Number of optimizer steps. Determines the cost." }),
      learningRate: z
        .number()
        .min(1e-8)
        .max(1)
        .exactOptional()
        .meta({ description: "Peak learning rate. Default: 1e-4." }),
      warmupFraction: z
        .number()
        .min(0)
        .max(1)
        .exactOptional()
        .meta({ description: "Fraction of the steps used for warmup." }),
      weightDecay: z.number().min(0).max(1).exactOptional().meta({ description: "Weight decay. Default: 0.1." }),
      seqLen: z.int().min(100).exactOptional().meta({ description: "Maximum sequence length in tokens." }),
    })
    .meta({ description: "Hyperparameters of the training." }),
  maxCost: z
    .number()
    .min(0)
    .exactOptional()
    .meta({ description: "Maximum cost of the job. Above it, the preview fails." }),
  modelDeletionPolicy: z
    .enum(ModelDeletionPolicy)
    .exactOptional()
    .meta({ description: "What happens to a replaced model. A revert needs retain (the default) or archive." }),
});

export type TrainingConfig = z.output<typeof trainingConfig>;

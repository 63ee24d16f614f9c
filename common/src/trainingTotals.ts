/** The size of the training data. */
export interface TrainingTotals {
  bytes: number;
  /** Valid samples. */
  samples: number;
  /** The tokens of all samples: their characters, divided by the rule's `characters_per_token`. */
  tokens: number;
  /** The longest sample in tokens; the average by default. */
  longestSample?: number | undefined;
  /** Whether there are texts, which continue in further rows. Conversations are cut at `seq_len`. True by default. */
  hasTexts?: boolean | undefined;
  /** Repositories, whose size is unknown; 0 by default. The rule `megabytes` counts each as one step. */
  repositories?: number | undefined;
}

/** The hyperparameters that determine the size of a training. */
export interface TrainingSize {
  trainingSteps?: number | undefined;
  epochs?: number | undefined;
  seqLen?: number | undefined;
}

/** The size of a training. */
export interface SizeEstimate {
  totalSteps: number;
  /** Passes over the data. */
  epochs: number;
  tokensPerStep: number;
}

/** `step`: figures of the training. `evaluation`: figures of the validation data. */
export const MetricType = ["step", "evaluation"] as const;
export type MetricType = (typeof MetricType)[number];

/** The figures of one step. */
export interface MetricPoint {
  /** Increases with every point of a job, also after a restart of the server: the line of `progress.jsonl`. */
  id: number;
  /** `resumed`: the training resumed at `step`. The points of later steps no longer exist. Has no figures. */
  type: MetricType | "resumed";
  step: number;
  /** The figures by name, for example `train_loss`. */
  metrics: Record<string, number>;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** The point was chosen from this many points of its type, because the training has reported too many. Default: 1. */
  every?: number;
}

/** The most points that are kept of each type. The points of a longer training are thinned. */
export const MAX_POINTS = 5000;

/** The type of model that a job trains: a completion model or a classifier. */
export const JobType = { Completion: "completion", Classifier: "classifier" } as const;
export type JobType = (typeof JobType)[keyof typeof JobType];

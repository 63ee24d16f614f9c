/** What a job trains: a model that completes text, or one that classifies it. */
export const JobType = { Completion: "completion", Classifier: "classifier" } as const;
export type JobType = (typeof JobType)[keyof typeof JobType];

import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";
import { readTrainings } from "./trainings";

const { trainings, problems } = readTrainings(__dirname);
// Pulumi prints a RunError without a stack trace.
if (problems.length > 0) throw new pulumi.RunError(problems.join("\n"));

const jobs = Object.entries(trainings).map(([name, config]) => ({ name, job: new FineTuningJob(name, config) }));

/** The fine-tuned models' IDs by the name of the training. */
export const models = Object.fromEntries(jobs.map(({ name, job }) => [name, job.fineTunedModel]));
export const jobIds = Object.fromEntries(jobs.map(({ name, job }) => [name, job.jobId]));

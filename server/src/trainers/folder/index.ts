export { type ArtifactFile, artifactBytes, artifactFiles } from "./artifact";
export { createFolder, explainFolder, writeAtomically } from "./create";
export { apiKeyVariable, type JobFile, jobFile, tokenVariable } from "./job-file";
export { JobFolder } from "./layout";
export { toProgress } from "./progress";
export { ProgressFile } from "./progress-file";
export type { Story } from "./story";
export { tidyFolder } from "./tidy";

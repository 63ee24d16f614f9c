export { type ArtifactFile, artifactBytes, artifactFiles } from "./artifact";
export { createFolder, explainFolder, writeAtomically } from "./createJobFolder";
export { apiKeyVariable, type JobFile, jobFile, tokenVariable } from "./jobFile";
export { JobFolder } from "./jobFolder";
export type { Story } from "./programProgress";
export { ProgressFile } from "./progressFile";
export { tidyFolder } from "./removeWorkingFiles";
export { toProgress } from "./toProgress";

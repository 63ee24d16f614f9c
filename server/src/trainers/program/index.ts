export { type ArtifactFile, artifactBytes, artifactFiles } from "./artifact";
export { createJobFolder, folderErrorMessage, writeAtomically } from "./createJobFolder";
export { apiKeyVariable, type JobFile, jobFile, tokenVariable } from "./jobFile";
export { JobFolder } from "./jobFolder";
export type { ProgramProgress } from "./programProgress";
export { ProgressFile } from "./progressFile";
export { removeWorkingFiles } from "./removeWorkingFiles";
export { toProgress } from "./toProgress";

export { BaseModel } from "./baseModels";
export type {
  DashboardCurves,
  DashboardFile,
  DashboardJob,
  DashboardJobDetail,
  DashboardJobList,
  DashboardSeries,
  PageSession,
  SessionReply,
} from "./dashboard";
export { errorText } from "./errorText";
export { formatAmount, formatBytes, formatCount, percent, plural } from "./format";
export {
  awaitsStart,
  cannotSucceed,
  hasFailed,
  hasSucceeded,
  isTerminal,
  isTraining,
  isUnstarted,
  JobStatus,
  TERMINAL_STATUSES,
} from "./jobStatus";
export { JobType } from "./jobType";
export {
  MAX_FILE_BYTES,
  MAX_SKIP_SHARE,
  MAX_SUFFIX_LENGTH,
  MAX_VALIDATION_BYTES,
  MAX_VALIDATION_SHARE,
  MEBIBYTE,
} from "./limits";
export { isLoopbackHost } from "./loopback";
export { redact } from "./redact";
export { escapedText, isVisibleLine, visibleText } from "./visibleText";

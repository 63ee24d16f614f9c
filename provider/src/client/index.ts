export { MistralClient } from "./client";
export {
  ApiError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  GoneError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionDeniedError,
  RateLimitError,
  ServerError,
  TrainingRetiredError,
  UnprocessableEntityError,
  WorkspaceMismatchError,
} from "./errors/apiErrors";
export { ConnectionError } from "./errors/connectionError";
export {
  AbortedError,
  FileChangedError,
  FileUnreadableError,
  InvalidApiKeyError,
  InvalidArgumentError,
  InvalidBaseUrlError,
  InvalidResponseError,
  MissingApiKeyError,
  MistralError,
  RequestTimeoutError,
  WaitTimeoutError,
} from "./errors/errors";
export type { EvaluationRequest, Evaluations } from "./evaluations";
export type { FileSource } from "./files/fileSource";
export type { FileFilters, FileListRequest, FilePurpose, Files, UploadOptions } from "./files/files";
export type { UploadProgress } from "./files/upload";
export type { Holds, MissReport } from "./holds";
export { DEFAULT_BASE_URL, isLoopbackUrl, normaliseBaseUrl } from "./http/baseUrl";
export type {
  ClassifierTargetRequest,
  IntegrationRequest,
  JobCreateRequest,
  JobFilters,
  JobListRequest,
  RepositoryRequest,
  TrainingFile,
} from "./jobs/jobRequests";
export type { Jobs, MetricsRequest } from "./jobs/jobs";
export { isComplete, isTerminal, isTransient, type WaitOptions } from "./jobs/wait";
export { BASE_MODELS, JOB_STATUSES, type JobStatus, type JobType, TERMINAL_STATUSES } from "./known";
export type { Models, ModelUpdate } from "./models";
export type { ClientOptions, RequestOptions } from "./options";
export type * from "./types.generated";

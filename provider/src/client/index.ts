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
} from "./apiErrors";
export { DEFAULT_BASE_URL, isLoopbackUrl, normaliseBaseUrl } from "./baseUrl";
export { MistralClient } from "./client";
export { ConnectionError } from "./connectionError";
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
} from "./errors";
export type { FileSource } from "./fileSource";
export type { FileFilters, FileListRequest, FilePurpose, Files, UploadOptions } from "./files";
export type {
  ClassifierTargetRequest,
  IntegrationRequest,
  JobCreateRequest,
  JobFilters,
  JobListRequest,
  RepositoryRequest,
  TrainingFile,
} from "./jobRequests";
export type { Jobs } from "./jobs";
export { BASE_MODELS, JOB_STATUSES, type JobStatus, type JobType, TERMINAL_STATUSES } from "./known";
export type { Models, ModelUpdate } from "./models";
export type { ClientOptions, RequestOptions } from "./options";
export type * from "./types.generated";
export type { UploadProgress } from "./upload";
export { isComplete, isTerminal, isTransient, type WaitOptions } from "./wait";

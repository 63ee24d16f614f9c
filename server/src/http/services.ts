import type { Trainer } from "../domain/trainer";
import type { Evaluator } from "../jobs/evaluator";
import type { Supervisor } from "../jobs/supervisor";
import type { Logger } from "../log";
import type { BlobStore } from "../store/blobs";
import type { CurveStore } from "../store/dashboard/curves";
import type { DashboardStore } from "../store/dashboard/dashboardStore";
import type { EvaluationStore } from "../store/evaluations";
import type { FileStore } from "../store/files";
import type { HoldStore } from "../store/holds";
import type { JobStore } from "../store/jobs";
import type { MetricStore } from "../store/metrics/metricStore";
import type { ModelEvaluationStore } from "../store/modelEvaluations";
import type { ModelStore } from "../store/models";
import type { SecretStore } from "../store/secrets";
import type { SessionStore } from "../store/sessions";
import type { ArtifactStore } from "../trainers/program/artifactStore";
import type { SampleAnswers } from "../trainers/program/sampleAnswers";
import type { Notifications } from "../webhooks/notifications";
import type { Callers } from "./access/callers";
import type { SessionCookie } from "./access/sessionCookie";
import type { Keys } from "./auth";
import type { ConnectionLimit } from "./connections/connectionLimit";
import type { MetricFeed } from "./metricStream/metricFeed";
import type { StreamLimit } from "./metricStream/streamLimit";
import type { Metrics } from "./metrics";
import type { PageFiles } from "./page/pageFiles";
import type { UrlSigner } from "./signedUrls";

/** The objects that the routes use. */
export interface Services {
  keys: Keys;
  callers: Callers;
  sessions: SessionStore;
  sessionCookie: SessionCookie;
  connections: ConnectionLimit;
  signer: UrlSigner;
  blobs: BlobStore;
  evaluations: EvaluationStore;
  modelEvaluations: ModelEvaluationStore;
  evaluator: Evaluator;
  sampleAnswers: SampleAnswers;
  files: FileStore;
  jobs: JobStore;
  models: ModelStore;
  holds: HoldStore;
  secrets: SecretStore;
  notifications: Notifications;
  artifacts: ArtifactStore;
  supervisor: Supervisor;
  /** The trainer of new jobs. */
  trainer: Trainer;
  /** All trainers by name: also that of simulated jobs. */
  trainers: ReadonlyMap<string, Trainer>;
  metrics: Metrics;
  metricStore: MetricStore;
  dashboard: DashboardStore;
  curves: CurveStore;
  /** Tells event streams about changes of their jobs. */
  metricFeed: MetricFeed;
  /** The open event streams. */
  streams: StreamLimit;
  log: Logger;
  /** The base URL of links in replies, without a trailing slash; by default the one that the client has used. */
  publicUrl: string | undefined;
  /** Whether the server has a page. */
  hasPage: boolean;
  /** The files of the page; undefined when it is not built. */
  page: PageFiles | undefined;
  /** The maximum size of an uploaded file in bytes, inclusive. */
  maxFileBytes: number;
}

declare module "fastify" {
  interface FastifyRequest {
    /** The hash of the request's API key, or `anonymous`. Empty for a request without a caller. */
    owner: string;
    /** The workspace of the request's API key. Empty for a request without a caller. */
    workspace: string;
  }

  interface FastifyContextConfig {
    /** The handler accepts a signed URL in place of a key, and authenticates the request itself. */
    signedUrl?: boolean;
    /** The route requires a key although its path is not under `/v1/`. */
    needsKey?: boolean;
    /** The route serves a file of the page, to everybody. */
    isPage?: boolean;
    /** The handler validates the query parameters. Other routes accept none. */
    readsQuery?: boolean;
  }
}

import type { Trainer } from "../domain/trainer";
import type { Supervisor } from "../jobs/supervisor";
import type { Logger } from "../log";
import type { BlobStore } from "../store/blobs";
import type { FileStore } from "../store/files";
import type { JobStore } from "../store/jobs";
import type { ModelStore } from "../store/models";
import type { SecretStore } from "../store/secrets";
import type { ArtifactStore } from "../trainers/program/artifactStore";
import type { Keys } from "./auth";
import type { Metrics } from "./metrics";
import type { UrlSigner } from "./signedUrls";

/** What the routes work with. */
export interface Services {
  keys: Keys;
  signer: UrlSigner;
  blobs: BlobStore;
  files: FileStore;
  jobs: JobStore;
  models: ModelStore;
  secrets: SecretStore;
  artifacts: ArtifactStore;
  supervisor: Supervisor;
  /** The one that trains new jobs. */
  trainer: Trainer;
  metrics: Metrics;
  log: Logger;
  /** The greatest size of an uploaded file in bytes, inclusive. */
  maxFileBytes: number;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Who sent the request: the hash of the key, or `anonymous`. */
    owner: string;
  }

  interface FastifyContextConfig {
    /** The route does not ask for a key itself: its handler looks for a signature first. */
    signedUrl?: boolean;
    /** The route is none of the API's, and asks for a key all the same. */
    needsKey?: boolean;
    /** The route has query parameters, and checks them itself. Those of all others are refused. */
    readsQuery?: boolean;
  }
}

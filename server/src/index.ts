import { join, resolve } from "node:path";
import { isLoopbackHost, isTerminal, MAX_FILE_BYTES } from "#common";
import { UsageError } from "./domain/errors";
import type { Trainer } from "./domain/trainer";
import { Callers } from "./http/access/callers";
import { SessionCookie } from "./http/access/sessionCookie";
import { buildApp } from "./http/app";
import { Keys } from "./http/auth";
import { ConnectionLimit, defaultMaxConnections } from "./http/connections/connectionLimit";
import { gracefulClose } from "./http/connections/gracefulClose";
import { KeysFile } from "./http/keysFile";
import { MetricFeed } from "./http/metricStream/metricFeed";
import { StreamLimit } from "./http/metricStream/streamLimit";
import { Metrics } from "./http/metrics";
import { readPage } from "./http/page/pageFiles";
import { basePathOf, parsePublicUrl } from "./http/publicUrl";
import { MAX_EXPIRY_HOURS, UrlSigner } from "./http/signedUrls";
import { Evaluator } from "./jobs/evaluator";
import { Supervisor } from "./jobs/supervisor";
import { createLog, type Logger, type LogLevel } from "./log";
import { BlobStore } from "./store/blobs";
import { CurveStore } from "./store/dashboard/curves";
import { DashboardStore } from "./store/dashboard/dashboardStore";
import { openDatabase } from "./store/database";
import { EvaluationStore } from "./store/evaluations";
import { FileStore } from "./store/files";
import { HoldStore } from "./store/holds";
import { JobStore } from "./store/jobs";
import { lockFolder } from "./store/lock";
import { MetricStore } from "./store/metrics/metricStore";
import { ModelEvaluationStore } from "./store/modelEvaluations";
import { ModelStore } from "./store/models";
import { SecretStore } from "./store/secrets";
import { SessionStore } from "./store/sessions";
import { SigningKeys } from "./store/signingKeys";
import { MissStore } from "./store/webhooks/missStore";
import { createTrainers, DEFAULT_TRAINER, type TrainerOptions } from "./trainers";
import { ArtifactStore } from "./trainers/program/artifactStore";
import { SampleAnswers } from "./trainers/program/sampleAnswers";
import { Notifications } from "./webhooks/notifications";
import { WebhookSender } from "./webhooks/sender";
import { parseWebhooks, type Webhooks } from "./webhooks/targets";

export interface ServerOptions extends TrainerOptions {
  /** The folder for all data of the server. Created when missing. */
  dataDir: string;
  /** The address to listen on: 127.0.0.1 by default. A non-loopback address requires `apiKeys` or `keysFile`. */
  host?: string;
  /** The port to listen on. 0, the default, selects a free port. */
  port?: number;
  /**
   * The URL at which clients reach the server through a reverse proxy, for the links in replies. By default, links start
   * with the host that the client has used, and with `http://`.
   */
  publicUrl?: string;
  /**
   * The accepted API keys: `KEY [workspace=NAME] [name=NAME]`, in plain text or as `sha256:<hex>`. The page shows `name` as
   * the owner of the key's jobs. Without `apiKeys` and `keysFile`, requests need no key.
   */
  apiKeys?: string[];
  /** The path of a file with more API keys, one per line. The server reads the file again when it changes. */
  keysFile?: string;
  /**
   * The URLs that are notified when a job is validated or has ended, and when an approval is missed: http(s), at most 10.
   * Notifications follow https://www.standardwebhooks.com.
   */
  webhooks?: string[];
  /** Signs the notifications: `whsec_` and the base64 of 24 to 64 bytes. Required with `webhooks`. */
  webhookSecret?: string;
  /** The maximum size of an uploaded file in bytes, inclusive: 512 · 1024² by default, like the hosted service. */
  maxFileBytes?: number;
  /**
   * The maximum number of open connections. By default a quarter of the file descriptors of this process, from 16 to 1024.
   * At the limit, a new connection replaces the oldest one that has not sent a valid key.
   */
  maxConnections?: number;
  /** The folder with the built files of the page. By default the one in this package. */
  pageDir?: string;
  /** The lowest level that is logged to stderr, as JSON lines: `warn` by default. */
  logLevel?: LogLevel;
}

export interface RunningServer {
  /** The base URL without a trailing slash: `http://127.0.0.1:41234`. */
  url: string;
  /** Stops the server. Unfinished jobs resume with the next server on the same data folder. */
  close(): Promise<void>;
}

/** The same folder for the compiled server and for its sources. */
const BUILT_PAGE = join(__dirname, "../dist/page");

const DEFAULT_HOST = "127.0.0.1";

/**
 * Starts a server.
 *
 * @throws {UsageError} when an option is invalid, the data folder is in use, or the address is not available
 *
 * @example
 * const server = await startServer({ dataDir: "./data" });
 * console.log(server.url);
 * await server.close();
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = DEFAULT_HOST } = options;
  const log = createLog(options.logLevel);
  const keysFile = options.keysFile === undefined ? undefined : new KeysFile(options.keysFile, log);
  const keys = new Keys(options.apiKeys ?? [], keysFile);
  if (!keys.required && !isLoopbackHost(host)) {
    throw new UsageError(`Listening on ${host} needs API keys, because other machines can reach it; set --keys-file`);
  }
  const publicUrl = options.publicUrl === undefined ? undefined : parsePublicUrl(options.publicUrl);
  const webhooks = parseWebhooks(options);
  const unlock = lockFolder(options.dataDir, options.trainer === "ray");
  try {
    const server = await open(options, keys, publicUrl, webhooks, log);
    return {
      url: server.url,
      close: async () => {
        await server.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Starts a server on a locked data folder. */
async function open(
  options: ServerOptions,
  keys: Keys,
  publicUrl: string | undefined,
  webhooks: Webhooks | undefined,
  log: Logger,
): Promise<RunningServer> {
  const {
    host = DEFAULT_HOST,
    port = 0,
    trainer: trainerName = DEFAULT_TRAINER,
    maxFileBytes = MAX_FILE_BYTES,
    maxConnections = defaultMaxConnections(),
  } = options;
  // Training programs have another working directory, so they need an absolute path.
  const dataDir = resolve(options.dataDir);
  const secrets = new SecretStore(dataDir);
  const trainers = createTrainers(options, { dataDir, secrets });
  const database = openDatabase(join(dataDir, "server.db"));
  const blobs = new BlobStore(dataDir);
  const files = new FileStore(database, blobs);
  const metricFeed = new MetricFeed();
  const jobs = new JobStore(
    database,
    (jobId, status, reason) => {
      log.info({ jobId, status, reason }, "job status changed");
      metricFeed.changed(jobId);
    },
    (job) => notifications.jobChanged(job),
  );
  const metricStore = new MetricStore(database, (jobId) => metricFeed.changed(jobId));
  const evaluations = new EvaluationStore(database);
  const models = new ModelStore(database);
  const holds = new HoldStore(database);
  const modelEvaluations = new ModelEvaluationStore(database);
  const sampleAnswers = new SampleAnswers({ dataDir, files, jobs, models, trainers });
  const artifacts = new ArtifactStore(dataDir);
  const onError = (jobId: string, error: unknown) =>
    log.error({ err: error, jobId }, "job failed with an internal error");
  const onRetry = (jobId: string, error: unknown) =>
    log.warn({ err: error, jobId }, "system error; the server keeps trying, and the job is not affected");
  const supervisor = new Supervisor({
    ...{ jobs, files, models, metrics: metricStore, secrets, trainers },
    ...{ onError, onRetry },
  });
  const evaluator = new Evaluator({
    ...{ evaluations: modelEvaluations, jobs, files, models, trainers },
    onError: (id, error) => log.error({ err: error, evaluationId: id }, "evaluation failed with an internal error"),
  });
  const signer = new UrlSigner(new SigningKeys(database, MAX_EXPIRY_HOURS * 3_600_000));
  const trainer = trainers.get(trainerName) as Trainer;
  const statusOf = (id: string) => jobs.get(id)?.status;
  secrets.sweep((id) => isTerminal(statusOf(id) ?? "CANCELLED"));
  // A folder without a job in this database may belong to something else, so it is kept.
  await artifacts.sweep(
    (id) => isTerminal(statusOf(id) ?? "RUNNING"),
    (id) => models.jobHasModel(id),
    (id) => supervisor.release(id),
  );
  await sampleAnswers.sweep();
  const sessions = new SessionStore(database);
  const sessionCookie = new SessionCookie(sessions.folderId, publicUrl);
  const callers = new Callers(keys, sessions, sessionCookie, publicUrl);
  const page = readPage(options.pageDir ?? BUILT_PAGE, basePathOf(publicUrl));
  const sender = new WebhookSender(database, webhooks, { log, count: (result) => metrics.countWebhook(result) });
  let baseUrl = publicUrl;
  const notifications = new Notifications({
    ...{ deliveries: sender.deliveries, misses: new MissStore(database), evaluations },
    checkpointsOf: (jobId) => jobs.checkpoints(jobId),
    pageOf: (jobId) => (page !== undefined && baseUrl !== undefined ? `${baseUrl}/jobs/${jobId}` : undefined),
    onError: (jobId, error) =>
      log.error(
        { err: error, jobId },
        "no notification about a job because of an internal error; the job is not affected",
      ),
  });
  const metrics = new Metrics(jobs, trainer);
  const connections = new ConnectionLimit(maxConnections, (message) => log.warn(message));
  const stores = {
    blobs,
    evaluations,
    modelEvaluations,
    sampleAnswers,
    files,
    jobs,
    models,
    holds,
    secrets,
    artifacts,
    dashboard: new DashboardStore(database),
    curves: new CurveStore(database),
    notifications,
  };
  const app = await buildApp({
    ...{ ...stores, keys, connections, signer, supervisor, evaluator, trainer, trainers, maxFileBytes, publicUrl },
    ...{ log, metrics, metricStore, metricFeed, streams: new StreamLimit(maxConnections) },
    ...{ sessions, sessionCookie, callers, page, hasPage: page !== undefined },
  });
  const closeApp = gracefulClose(app);
  const close = async () => {
    // Ends the event streams, whose requests would otherwise never finish.
    metricFeed.close();
    await closeApp();
    // The supervisor stops first: a trainer that closes must not decide about a job.
    const stopped = supervisor.close();
    await Promise.all([stopped, evaluator.close(), ...[...trainers.values()].map((each) => each.close?.())]);
    await sender.close();
    database.close();
  };
  try {
    const url = await app.listen({ host, port });
    // Receivers on other machines could not open a page on an address such as 0.0.0.0.
    if (isLoopbackHost(host)) baseUrl ??= url;
    sender.open();
    supervisor.open();
    evaluator.open();
    trainer.open?.();
    return { url, close };
  } catch (error) {
    await close();
    throw toListenError(error as NodeJS.ErrnoException, host, port);
  }
}

function toListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case "EADDRINUSE":
      return new UsageError(`Port ${port} on ${host} is in use; choose another port with --port, or 0 for a free port`);
    case "EACCES":
      return new UsageError(
        `Port ${port} on ${host} requires privileges that this user does not have; choose a port above 1023`,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new UsageError(`${host} is not an address of this machine; check --host`);
    default:
      return error;
  }
}

import { JobStatus } from "#common";
import { ApiError, ConflictError } from "../errors/apiErrors";
import { InvalidArgumentError } from "../errors/errors";
import type { Http } from "../http/http";
import { LARGEST_PAGE, walkPages } from "../http/pages";
import { segment, toQuery } from "../http/query";
import type { RequestOptions } from "../options";
import { detailedJobSchema, jobListSchema, jobMetadataSchema, jobSchema, metricPageSchema } from "../schemas";
import type { DetailedJob, Job, JobList, JobMetadata, MetricPage } from "../types.generated";
import { type JobCreateRequest, type JobFilters, type JobListRequest, secretsOf } from "./jobRequests";
import { isComplete, type WaitOptions, waitUntilComplete } from "./wait";

const PATH = "/v1/fine_tuning/jobs";
const DEFAULT_LIMIT = 20;

/** A proxy or a cache that mixes up replies must not make another job's status or model appear as those of the requested job. */
const repliesAbout = (id: string) =>
  detailedJobSchema.refine((job) => job.id.toLowerCase() === id.toLowerCase(), {
    path: ["id"],
    message: "is the ID of another job than the requested one",
  });

/** Which points of a job's metrics to read. */
export interface MetricsRequest {
  /** `step`: figures of the training; `evaluation`: figures of the validation data. Both by default. */
  type?: "step" | "evaluation" | undefined;
  /** Only points with a greater ID. */
  after?: number | undefined;
  /** 1 to 5000, default 1000. */
  page_size?: number | undefined;
}

/** Fine-tuning jobs. Requests and replies use the API's field names. */
export class Jobs {
  constructor(private readonly http: Http) {}

  /**
   * Creates a job. The request is not retried: after a lost reply the job may exist, and a second job would be paid for. Check with
   * `list` before calling `create` again.
   *
   * @throws {TrainingRetiredError} the hosted service has ended training
   * @throws {UnprocessableEntityError | BadRequestError} the request is invalid
   * @example
   * const job = await client.jobs.create({
   *   model: "open-mistral-7b",
   *   training_files: [{ file_id: file.id }],
   *   hyperparameters: { training_steps: 100 },
   *   auto_start: true,
   * });
   */
  async create(request: JobCreateRequest, options?: RequestOptions): Promise<Job> {
    return this.http.json(
      jobSchema,
      { method: "POST", path: PATH, json: request, repeatable: false, secrets: secretsOf(request) },
      options,
    );
  }

  /**
   * Estimates a job's cost and duration without creating it (`dry_run`).
   *
   * @returns cost, tokens and duration in seconds; the server may omit any of them
   */
  async estimate(request: JobCreateRequest, options?: RequestOptions): Promise<JobMetadata> {
    return this.http.json(
      jobMetadataSchema,
      {
        method: "POST",
        path: PATH,
        query: toQuery({ dry_run: true }),
        json: request,
        repeatable: true,
        secrets: secretsOf(request),
      },
      options,
    );
  }

  /**
   * Returns one page of jobs, newest first; or, with `limit` or `after`, up to `limit` jobs that follow the job `after`.
   *
   * @throws {InvalidArgumentError} `limit` or `after` together with `page`, or an `after` that is not in the list
   * @example
   * const { data } = await client.jobs.list({ status: "RUNNING", created_after: new Date("2026-01-01") });
   */
  async list(request: JobListRequest = {}, options?: RequestOptions): Promise<JobList> {
    const { limit, after, page, page_size, ...filters } = request;
    if (limit === undefined && (after === undefined || after === null)) {
      return this.fetchPage({ ...filters, page, page_size }, options);
    }
    if (page !== undefined) {
      throw new InvalidArgumentError("Set either page, or limit and after: they cannot be combined.");
    }
    return this.listAfter(filters, after ?? undefined, limit ?? DEFAULT_LIMIT, page_size, options);
  }

  /**
   * Iterates over all jobs that match the filters, and requests each page when it is needed.
   *
   * @example
   * for await (const job of client.jobs.listAll({ suffix: "support" })) console.log(job.id, job.status);
   */
  listAll(
    filters: JobFilters & { page_size?: number | undefined } = {},
    options?: RequestOptions,
  ): AsyncGenerator<Job> {
    return walkPages((page) => this.fetchPage({ page_size: LARGEST_PAGE, ...filters, page }, options));
  }

  /** Returns a job with its events and checkpoints. */
  async get(id: string, options?: RequestOptions): Promise<DetailedJob> {
    return this.http.json(
      repliesAbout(id),
      { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true },
      options,
    );
  }

  /**
   * Iterates over the pages of a job's metrics, oldest point first. An extension: the hosted service answers 404.
   *
   * The points of a running job can change: a training that resumes repeats steps, and their new points replace the earlier ones.
   * Identify a point by its `type` and `step`.
   *
   * @param request `type`: both types by default; `after`: only points with a greater ID; `page_size`: 1 to 5000, default 1000
   * @throws {NotFoundError} there is no such job, or the server does not keep metrics
   * @example
   * for await (const { data } of client.jobs.metrics(id, { type: "step" })) {
   *   for (const { step, metrics } of data) console.log(step, metrics.train_loss);
   * }
   */
  async *metrics(
    id: string,
    request: MetricsRequest = {},
    options?: RequestOptions,
  ): AsyncGenerator<MetricPage, void, undefined> {
    const { type, page_size } = request;
    for (let { after } = request; ; ) {
      const path = `${PATH}/${segment(id)}/metrics`;
      const query = toQuery({ type, after, page_size });
      const page = await this.http.json(metricPageSchema, { method: "GET", path, query, repeatable: true }, options);
      yield page;
      const last = page.data.at(-1)?.id;
      // A server that ignores `after` repeats its points.
      if (!page.has_more || last === undefined || last <= (after ?? 0)) return;
      after = last;
    }
  }

  /**
   * Requests the cancellation of a job, which may stay in `CANCELLATION_REQUESTED` for some time.
   *
   * The request is retried when the connection breaks. If the server rejects the retry because the job is already cancelled,
   * or being cancelled, the call succeeds.
   *
   * @throws {ConflictError} the job has already ended
   */
  async cancel(id: string, options?: RequestOptions): Promise<DetailedJob> {
    return this.transition(id, "cancel", (job) => /^CANCEL/.test(job.status), options);
  }

  /**
   * Starts a job in status `VALIDATED`. Retried like `cancel`: a job cannot be started twice.
   *
   * @throws {ConflictError} the job is not validated, or was already started
   */
  async start(id: string, options?: RequestOptions): Promise<DetailedJob> {
    const started: string[] = [JobStatus.Queued, JobStatus.Started, JobStatus.Running, JobStatus.Success];
    return this.transition(id, "start", (job) => started.includes(job.status), options);
  }

  /** Whether the job has ended, successfully or not. */
  isComplete(job: { status: string }): boolean {
    return isComplete(job);
  }

  /**
   * Polls a job until it has ended, successfully or not: check the `status` of the result. Keeps polling in an unknown status. After
   * the first reply, tolerates an unreachable server for `outageToleranceMs`.
   *
   * @throws {WaitTimeoutError} the wait timed out; the job keeps running
   * @throws {AbortedError} the signal was aborted; the job keeps running
   * @example
   * const job = await client.jobs.waitUntilComplete(id, { onUpdate: ({ status }) => console.log(status) });
   * if (job.status === "SUCCESS") console.log(job.fine_tuned_model);
   */
  async waitUntilComplete(id: string, options: WaitOptions = {}): Promise<DetailedJob> {
    return waitUntilComplete(id, (request) => this.get(id, request), options);
  }

  private async fetchPage(request: JobListRequest, options?: RequestOptions): Promise<JobList> {
    return this.http.json(
      jobListSchema,
      { method: "GET", path: PATH, query: toQuery({ ...request, after: undefined }), repeatable: true },
      options,
    );
  }

  private async listAfter(
    filters: JobFilters,
    after: string | undefined,
    limit: number,
    pageSize: number | undefined,
    options?: RequestOptions,
  ): Promise<JobList> {
    if (!Number.isInteger(limit) || limit < 0) {
      throw new InvalidArgumentError(`limit must be a whole number, 0 or greater, not ${limit}.`);
    }
    const data: Job[] = [];
    let found = after === undefined;
    if (limit > 0) {
      for await (const job of this.listAll(
        { ...filters, ...(pageSize === undefined ? {} : { page_size: pageSize }) },
        options,
      )) {
        if (found && data.push(job) === limit) {
          break;
        }
        found ||= job.id === after;
      }
      if (!found) {
        throw new InvalidArgumentError(
          `There is no job ${after} in this list; "after" must be the ID of a job that matches the filters.`,
        );
      }
    }
    return { data, object: "list" };
  }

  private async transition(
    id: string,
    action: "cancel" | "start",
    isDone: (job: DetailedJob) => boolean,
    options?: RequestOptions,
  ): Promise<DetailedJob> {
    try {
      return await this.http.json(
        repliesAbout(id),
        { method: "POST", path: `${PATH}/${segment(id)}/${action}`, repeatable: true },
        options,
      );
    } catch (error) {
      // The first attempt may have succeeded although its reply was lost. In that case the server rejects the retry.
      if (error instanceof ApiError && error.attempts > 1 && (error instanceof ConflictError || error.status === 400)) {
        const job = await this.get(id, options);
        if (isDone(job)) {
          return job;
        }
      }
      throw error;
    }
  }
}

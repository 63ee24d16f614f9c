import { JobStatus } from "#common";
import { ApiError, ConflictError } from "../errors/apiErrors";
import { InvalidArgumentError } from "../errors/errors";
import type { Http } from "../http/http";
import { LARGEST_PAGE, walkPages } from "../http/pages";
import { segment, toQuery } from "../http/query";
import type { RequestOptions } from "../options";
import { detailedJobSchema, jobListSchema, jobMetadataSchema, jobSchema } from "../schemas";
import type { DetailedJob, Job, JobList, JobMetadata } from "../types.generated";
import { type JobCreateRequest, type JobFilters, type JobListRequest, secretsOf } from "./jobRequests";
import { isComplete, type WaitOptions, waitUntilComplete } from "./wait";

const PATH = "/v1/fine_tuning/jobs";
const DEFAULT_LIMIT = 20;

/** Fine-tuning jobs. Requests and replies have the API's own field names. */
export class Jobs {
  constructor(private readonly http: Http) {}

  /**
   * Creates a job. The request is sent once: after a lost reply nobody knows whether there is a job, and a second
   * one would be paid for. Look with `list` before calling it again.
   *
   * @throws {TrainingRetiredError} the hosted service, which no longer trains
   * @throws {UnprocessableEntityError | BadRequestError} what the request has wrong
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
   * Asks what a job would take, without creating it (`dry_run`).
   *
   * @returns cost, tokens and duration in seconds, as far as the server knows them
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
   * One page of jobs, the newest first; or, with `limit` or `after`, so many jobs behind the one that `after` names.
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
      throw new InvalidArgumentError("Give either page, or limit and after: they are two ways to walk the same list.");
    }
    return this.listAfter(filters, after ?? undefined, limit ?? DEFAULT_LIMIT, page_size, options);
  }

  /**
   * All jobs that the filters let through, page by page as they are asked for.
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

  /** A job with its events and checkpoints. */
  async get(id: string, options?: RequestOptions): Promise<DetailedJob> {
    return this.http.json(
      detailedJobSchema,
      { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true },
      options,
    );
  }

  /**
   * Asks for a job to be cancelled; it may be `CANCELLATION_REQUESTED` for a while.
   *
   * It is repeated when the connection breaks: if the server then says that the job cannot be cancelled (any more),
   * and it is indeed cancelled or about to be, that is success.
   *
   * @throws {ConflictError} the job has ended already
   */
  async cancel(id: string, options?: RequestOptions): Promise<DetailedJob> {
    return this.transition(id, "cancel", (job) => /^CANCEL/.test(job.status), options);
  }

  /**
   * Starts a job that rests at `VALIDATED`. Repeated like `cancel`: a job cannot be started twice.
   *
   * @throws {ConflictError} the job is not validated, or has been started before
   */
  async start(id: string, options?: RequestOptions): Promise<DetailedJob> {
    const started: string[] = [JobStatus.Queued, JobStatus.Started, JobStatus.Running, JobStatus.Success];
    return this.transition(id, "start", (job) => started.includes(job.status), options);
  }

  /** Whether the job has ended, in success or not. */
  isComplete(job: { status: string }): boolean {
    return isComplete(job);
  }

  /**
   * Polls a job until it has ended, in whatever way: look at the `status` of what comes back. An unknown status is
   * waited on. The server may be out of reach for a while (`outageToleranceMs`), once it has answered.
   *
   * @throws {WaitTimeoutError} the time is over; the job goes on
   * @throws {AbortedError} the signal was aborted; the job goes on
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
      throw new InvalidArgumentError(`limit must be a whole number from 0, not ${limit}.`);
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
          `There is no job ${after} in this list; "after" takes the id of one of its jobs.`,
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
        detailedJobSchema,
        { method: "POST", path: `${PATH}/${segment(id)}/${action}`, repeatable: true },
        options,
      );
    } catch (error) {
      // The first attempt may have worked and only its reply been lost; the refusal then answers the second.
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

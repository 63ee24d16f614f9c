import type * as Got from "got";
import { z } from "zod";
import { TemporaryError } from "../../domain/systemError";

/** A job in Ray's reply. */
const job = z.object({
  status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]),
  message: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  error_type: z.string().nullish(),
});
export type RayJob = z.output<typeof job>;

/** The body of a submission: https://docs.ray.io/en/latest/cluster/running-applications/job-submission/api.html */
export interface Submission {
  submission_id: string;
  /** A shell command. */
  entrypoint: string;
  runtime_env: Record<string, unknown>;
  metadata: Record<string, string>;
  entrypoint_num_cpus?: number;
  entrypoint_num_gpus?: number;
  /** Bytes. */
  entrypoint_memory?: number;
  entrypoint_resources?: Record<string, number>;
}

const release = z.object({ ray_version: z.string() });

interface Reply {
  status: number;
  text: string;
}

/** The cluster is unreachable or returned an error that may be temporary. Retry later. */
export class RayUnavailableError extends TemporaryError {
  override readonly name = "RayUnavailableError";
}

/** The cluster rejected the submission as invalid. A retry would fail again. */
export class RayRefusalError extends Error {
  override readonly name = "RayRefusalError";
}

/** Milliseconds. Longer than the 10 seconds that Ray waits for an agent before it replies. */
const TIMEOUT_MS = 15_000;

/**
 * A client of Ray's Jobs API. It does not use `fetch`, because Ray treats requests from `fetch` as browser requests and
 * refuses POST.
 */
export class RayClient {
  private readonly headers: Record<string, string>;
  /** Loaded only here: loading takes 0.1 seconds, and other trainers do not use got. */
  private readonly got = require("got") as typeof Got;

  /**
   * @param address the dashboard's URL: `http://127.0.0.1:8265`
   * @param headers sent with every request, for example with a token; never logged
   */
  constructor(
    readonly address: string,
    headers: Record<string, string> = {},
  ) {
    this.headers = headers;
  }

  /** Returns the version of Ray. */
  async version(): Promise<string> {
    return this.read(release, await this.send("GET", "/api/version")).ray_version;
  }

  /** Returns the job, or undefined when the cluster does not have it. */
  async get(submissionId: string): Promise<RayJob | undefined> {
    const reply = await this.send("GET", `/api/jobs/${encodeURIComponent(submissionId)}`);
    return reply.status === 404 ? undefined : this.read(job, reply);
  }

  /** Submits a job. Does nothing when the cluster already has a job with this ID. */
  async submit(submission: Submission): Promise<void> {
    const { status, text } = await this.send("POST", "/api/jobs/", submission);
    // Ray reports an existing ID as HTTP 500 with a traceback.
    if (status === 200 || text.includes(`${submission.submission_id} already exists`)) {
      return;
    }
    if (status === 400 || text.includes("status code 400")) {
      throw new RayRefusalError(lastLine(text));
    }
    throw this.unavailable(status, text);
  }

  /** Asks a job to stop: SIGTERM, and SIGKILL later. Does nothing when the job has ended or does not exist. */
  async stop(submissionId: string): Promise<void> {
    const { status, text } = await this.send("POST", `/api/jobs/${encodeURIComponent(submissionId)}/stop`);
    if (status !== 200 && status !== 404) {
      throw this.unavailable(status, text);
    }
  }

  private read<Schema extends z.ZodType>(schema: Schema, { status, text }: Reply): z.output<Schema> {
    if (status !== 200) {
      throw this.unavailable(status, text);
    }
    const { data } = schema.safeParse(parseJson(text));
    if (data === undefined) {
      throw new RayUnavailableError(`The reply of ${this.address} is not from Ray's Jobs API. Check --ray-address`);
    }
    return data;
  }

  private async send(method: "GET" | "POST", path: string, json?: Submission): Promise<Reply> {
    try {
      const response = await this.got.got(`${this.address}${path}`, {
        method,
        headers: this.headers,
        followRedirect: false,
        throwHttpErrors: false,
        retry: { limit: 0 },
        timeout: { request: TIMEOUT_MS },
        ...(json !== undefined && { json }),
      });
      return { status: response.statusCode, text: response.body };
    } catch (error) {
      const { code, message } = error as Got.RequestError;
      const why = error instanceof this.got.TimeoutError ? `no reply within ${TIMEOUT_MS / 1000} s` : (code ?? message);
      throw new RayUnavailableError(`Ray at ${this.address} cannot be reached: ${why}`);
    }
  }

  private unavailable(status: number, text: string): RayUnavailableError {
    return status === 401 || status === 403
      ? new RayUnavailableError(
          `Ray at ${this.address} does not accept the token (${status}): set RAY_AUTH_TOKEN or RAY_JOB_HEADERS, and restart the server`,
        )
      : new RayUnavailableError(`Ray at ${this.address} returned HTTP ${status}: ${lastLine(text)}`);
  }
}

/** Returns the last line with letters: the error message at the end of a traceback. */
function lastLine(text: string): string {
  return (text.match(/^.*[a-z].*$/gim)?.at(-1) ?? "no error message").trim().slice(0, 500);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

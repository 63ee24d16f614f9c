import type * as Got from "got";
import { z } from "zod";

/** What Ray tells about a job that was submitted to it. */
const job = z.object({
  status: z.enum(["PENDING", "RUNNING", "STOPPED", "SUCCEEDED", "FAILED"]),
  message: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  error_type: z.string().nullish(),
});
export type RayJob = z.output<typeof job>;

/** What is submitted. https://docs.ray.io/en/latest/cluster/running-applications/job-submission/api.html */
export interface Submission {
  submission_id: string;
  /** A line for the shell. */
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

/** The cluster cannot be reached, or does not work: it may later. */
export class RayUnavailableError extends Error {
  override readonly name = "RayUnavailableError";
}

/** The cluster works, and says that the submission is wrong: it will say so again. */
export class RayRefusalError extends Error {
  override readonly name = "RayRefusalError";
}

/** Milliseconds. Ray itself waits ten seconds for an agent before it answers. */
const TIMEOUT_MS = 15_000;

/** Ray's Jobs API. Not through `fetch`: Ray takes that for a browser, whose POST it refuses. */
export class RayClient {
  private readonly headers: Record<string, string>;
  /** Loading it takes a tenth of a second, which only those pay who have a cluster. */
  private readonly got = require("got") as typeof Got;

  /**
   * @param address the dashboard's URL: `http://127.0.0.1:8265`
   * @param headers sent with every request, and never shown: a token
   */
  constructor(
    readonly address: string,
    headers: Record<string, string> = {},
  ) {
    this.headers = headers;
  }

  /** Ray's own. */
  async version(): Promise<string> {
    return this.read(release, await this.send("GET", "/api/version")).ray_version;
  }

  /** @returns undefined when the cluster knows no such job */
  async get(submissionId: string): Promise<RayJob | undefined> {
    const reply = await this.send("GET", `/api/jobs/${encodeURIComponent(submissionId)}`);
    return reply.status === 404 ? undefined : this.read(job, reply);
  }

  /** Submits a job. One that the cluster has already, under this id, stays as it is. */
  async submit(submission: Submission): Promise<void> {
    const { status, text } = await this.send("POST", "/api/jobs/", submission);
    // Ray says it with a 500 and a traceback, of which the last line counts.
    if (status === 200 || text.includes(`${submission.submission_id} already exists`)) {
      return;
    }
    if (status === 400 || text.includes("status code 400")) {
      throw new RayRefusalError(lastLine(text));
    }
    throw this.unavailable(status, text);
  }

  /** Asks a job to stop: SIGTERM, and SIGKILL later. One that has ended, or that nobody knows, stays as it is. */
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
      throw new RayUnavailableError(`${this.address} answers, but not as Ray's Jobs API does; check --ray-address`);
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
      const why =
        error instanceof this.got.TimeoutError ? `no answer within ${TIMEOUT_MS / 1000} s` : (code ?? message);
      throw new RayUnavailableError(`Ray at ${this.address} cannot be reached: ${why}`);
    }
  }

  private unavailable(status: number, text: string): RayUnavailableError {
    return status === 401 || status === 403
      ? new RayUnavailableError(
          `Ray at ${this.address} wants another token (${status}): set RAY_AUTH_TOKEN or RAY_JOB_HEADERS, and start the server again`,
        )
      : new RayUnavailableError(`Ray at ${this.address} answers ${status}: ${lastLine(text)}`);
  }
}

function lastLine(text: string): string {
  return (text.match(/^.*[a-z].*$/gim)?.at(-1) ?? "nothing").trim().slice(0, 500);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

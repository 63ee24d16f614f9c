import assert from "node:assert/strict";
import { eventually } from "../support/eventually";

// biome-ignore lint/suspicious/noExplicitAny: replies are checked by the assertions of the tests
export type Json = any;

const withinMs = 60_000;

/** Calls a server over plain HTTP instead of the provider's client, so that the calls work with every release. */
export class Api {
  constructor(
    readonly url: string,
    private readonly key: string | undefined,
  ) {}

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }), ...init.headers };
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  async get(path: string): Promise<Json> {
    const response = await this.fetch(path);
    assert.equal(response.status, 200, `GET ${path}`);
    return response.json();
  }

  async post(path: string, body: Json): Promise<Json> {
    const headers = { "content-type": "application/json" };
    const response = await this.fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const reply = await response.text();
    assert.equal(response.status, 200, `POST ${path}: ${reply}`);
    return JSON.parse(reply);
  }

  /** Uploads a file. Returns its ID. */
  async upload(name: string, content: string): Promise<string> {
    const form = new FormData();
    form.append("purpose", "fine-tune");
    form.append("file", new Blob([content]), name);
    const response = await this.fetch("/v1/files", { method: "POST", body: form });
    assert.equal(response.status, 200, await response.clone().text());
    return ((await response.json()) as Json).id;
  }

  job(id: unknown): Promise<Json> {
    return this.get(`/v1/fine_tuning/jobs/${id}`);
  }

  /** Returns the IDs of all jobs, sorted. */
  async jobIds(): Promise<string[]> {
    const { data, total } = await this.get("/v1/fine_tuning/jobs?page_size=100");
    assert.equal(data.length, total);
    return data.map(({ id }: { id: string }) => id).sort();
  }

  /** Polls a job until `accepts` returns true. Returns the job. */
  async untilJob(id: unknown, accepts: (job: Json) => boolean): Promise<Json> {
    let job: Json;
    const poll = async () => {
      job = await this.job(id);
      return accepts(job);
    };
    await eventually(() => `the expected state of job ${JSON.stringify(job)}`, poll, { withinMs, everyMs: 100 });
    return job;
  }
}

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTerminal } from "../../common/src";
import { type RunningServer, type ServerOptions, startServer } from "../../server/src/index";
import { eventually } from "../support/eventually";

// biome-ignore lint/suspicious/noExplicitAny: tests read any field of a reply; the assertions check the fields
export type Json = any;

export interface Reply {
  status: number;
  headers: Headers;
  body: Json;
}

export const SAMPLE = JSON.stringify({
  messages: [
    { role: "user", content: "What is the capital of France?" },
    { role: "assistant", content: "Paris." },
  ],
});

export const CLASSIFIER_TARGETS = [{ name: "mood", labels: ["good", "bad"] }];

/** Returns `count` valid samples. */
export function samples(count = 3): string {
  return `${SAMPLE}\n`.repeat(count);
}

const folders: string[] = [];

/** Creates a temporary folder. `removeFolders` removes it. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "fine-tuning-server-"));
  folders.push(path);
  return path;
}

export function removeFolders(): void {
  for (const path of folders.splice(0)) {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Returns the paths and contents of all files in a folder. */
export function contents(path: string): Map<string, Buffer> {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((name) => [name, readFileSync(name)]),
  );
}

/** An HTTP client for a server. */
export class Api {
  constructor(
    readonly url: string,
    readonly key?: string,
    /** The data folder of the server. Empty when the test did not start the server. */
    readonly dataDir = "",
  ) {}

  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.send(path, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  }

  async send(path: string, init: RequestInit): Promise<Reply> {
    const headers = { ...(this.key !== undefined && { authorization: `Bearer ${this.key}` }), ...init.headers };
    const response = await fetch(`${this.url}${path}`, { ...init, headers });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== "" ? JSON.parse(text) : text,
    };
  }

  /** Returns the body of the reply. Fails unless the status is 200. */
  async ok(method: string, path: string, body?: unknown): Promise<Json> {
    const reply = await this.call(method, path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body;
  }

  async upload(content: string | Blob, name = "train.jsonl", fields: Record<string, string> = {}): Promise<Reply> {
    const form = new FormData();
    form.append("file", new Blob([content]), name);
    for (const [key, value] of Object.entries({ purpose: "fine-tune", ...fields })) {
      form.append(key, value);
    }
    return this.send("/v1/files", { method: "POST", body: form });
  }

  async fileId(content: string | Blob = samples(), name = "train.jsonl", purpose = "fine-tune"): Promise<string> {
    const reply = await this.upload(content, name, { purpose });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body.id;
  }

  /** Creates a job. By default it has 10 steps and starts automatically. */
  async job(body: Record<string, unknown> = {}): Promise<Json> {
    return this.ok("POST", "/v1/fine_tuning/jobs", {
      model: "open-mistral-7b",
      hyperparameters: { training_steps: 10 },
      auto_start: true,
      ...(body.training_files === undefined && { training_files: [await this.fileId()] }),
      ...body,
    });
  }

  getJob(id: string): Promise<Json> {
    return this.ok("GET", `/v1/fine_tuning/jobs/${id}`);
  }

  /** Waits until the job has a status. Fails immediately when the job ends with another status. */
  async until(id: string, status: string): Promise<Json> {
    return eventually(status, async () => {
      const job = await this.getJob(id);
      assert.ok(
        !isTerminal(job.status) || job.status === status,
        `expected ${status}, but found ${JSON.stringify(job.events[0])}`,
      );
      return job.status === status ? job : undefined;
    });
  }

  async trained(body: Record<string, unknown> = {}): Promise<Json> {
    return this.until((await this.job(body)).id, "SUCCESS");
  }
}

/** Returns the statuses of a job in chronological order. */
export function history(job: Json): string[] {
  return job.events.map((event: Json) => event.data.status).reverse();
}

/** Starts a server before the tests of a `describe` block and stops it after them. */
export function withServer(options: Partial<ServerOptions> = {}): Api {
  let server: RunningServer;
  let dataDir: string;
  before(async () => {
    dataDir = folder();
    server = await startServer({ dataDir, speed: 2000, ...options });
  });
  after(async () => {
    await server.close();
    removeFolders();
  });
  return new Proxy(new Api(""), {
    get: (_target, property) => {
      const api = new Api(server.url, options.apiKeys?.[0], dataDir);
      const value = Reflect.get(api, property);
      return typeof value === "function" ? value.bind(api) : value;
    },
  });
}

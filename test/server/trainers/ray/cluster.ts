import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import got from "got";
import { eventually } from "../../../support/eventually";
import type { Json } from "../../support";
import { findOrMakeRay, UNSHARE } from "./environment";

const HEAD = join(__dirname, "head.py");
const TOKEN = "ray-token-that-nobody-may-see-0123456789";

/** How the proxy handles submissions to the cluster. */
export type SubmissionFault = "pass" | "never arrive" | "lose their reply";

/** A real Ray cluster with one node and two CPUs, behind a TCP proxy that can cut connections. */
export class RayCluster {
  /** Contains Ray's Unix sockets, whose paths must be short. */
  private readonly folder = mkdtempSync("/tmp/ray-");
  private readonly sockets = new Set<Socket>();
  private readonly proxy: Server;
  private head: ChildProcess | undefined;
  submissionFault: SubmissionFault = "pass";
  /** False: the proxy refuses new connections. */
  reachable = true;
  /** How many connections the proxy has refused. */
  refusals = 0;
  /** How many submissions the proxy has received, including those that it did not forward. */
  submitted = 0;
  readonly token = TOKEN;

  /** @param findPython returns the Python of the cluster's nodes; by default one with only Ray installed */
  constructor(private readonly findPython: () => Promise<string> = findOrMakeRay) {
    this.proxy = createServer((socket) => this.connect(socket));
  }

  /** The URL of the dashboard. It stays the same when the head restarts. */
  get address(): string {
    return `http://127.0.0.1:${(this.proxy.address() as AddressInfo).port}`;
  }

  async open(): Promise<void> {
    this.proxy.listen(0, "127.0.0.1");
    await once(this.proxy, "listening");
    await this.startHead();
  }

  async startHead(): Promise<void> {
    const python = await this.findPython();
    const [program, ...args] = [...UNSHARE, python, HEAD, this.folder] as unknown as [string, ...string[]];
    const env = {
      ...process.env,
      RAY_AUTH_MODE: "token",
      RAY_AUTH_TOKEN: TOKEN,
      // Ray gives up starting a queued job after this time: short enough for a test.
      RAY_JOB_START_TIMEOUT_SECONDS: "20",
    };
    this.head = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"], env });
    const poll = async () => {
      if (this.head?.exitCode !== null) throw new Error(`the Ray head exited with code ${this.head?.exitCode}`);
      return this.ask("/api/jobs/").catch(() => undefined);
    };
    await eventually("an answer of the Ray head", poll, { withinMs: 120_000, everyMs: 200 });
  }

  /** Kills the head and all its processes. Ray loses its jobs. */
  async killHead(): Promise<void> {
    const head = this.head as ChildProcess;
    const exited = once(head, "exit");
    head.kill("SIGKILL");
    await exited;
  }

  async close(): Promise<void> {
    await this.killHead();
    this.cut();
    this.proxy.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Closes every open connection. */
  cut(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  /**
   * Sends a request to Ray and returns the reply. Throws on an error status. @param json the body of a POST; GET
   * without it
   */
  ask(path: string, json?: object): Promise<Json> {
    return got(`${this.address}${path}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      // A head that is starting may accept a request and never reply.
      timeout: { request: 5000 },
      retry: { limit: 0 },
      ...(json !== undefined && { method: "POST", json }),
    }).json();
  }

  /** Returns the statuses of the submissions of a job by submission ID. */
  async attempts(jobId: string): Promise<Record<string, string>> {
    const jobs = (await this.ask("/api/jobs/")) as { submission_id: string | null; status: string }[];
    const own = jobs.filter(({ submission_id }) => submission_id?.startsWith(jobId));
    return Object.fromEntries(own.map(({ submission_id, status }) => [submission_id, status]));
  }

  private connect(client: Socket): void {
    if (!this.reachable) {
      this.refusals++;
      client.destroy();
      return;
    }
    const ray = connect(join(this.folder, "s"));
    for (const [one, other] of [
      [client, ray],
      [ray, client],
    ] as const) {
      this.sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    let dropReplies = false;
    client.on("data", (chunk) => {
      const submits = chunk.toString("latin1").startsWith("POST /api/jobs/ ");
      if (submits) this.submitted++;
      dropReplies ||= submits && this.submissionFault === "lose their reply";
      if (!submits || this.submissionFault !== "never arrive") {
        ray.write(chunk);
      }
    });
    ray.on("data", (chunk) => (dropReplies ? client.destroy() : client.write(chunk)));
  }
}

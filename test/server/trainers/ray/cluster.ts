import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import got from "got";
import type { Json } from "../../support";
import { findOrMakeRay, UNSHARE } from "./environment";

const HEAD = join(__dirname, "head.py");
const TOKEN = "ray-token-that-nobody-may-see-0123456789";

/** What happens to submissions on their way to the cluster. */
export type Submissions = "pass" | "never arrive" | "lose their reply";

/** A real Ray cluster of one node with two CPUs, behind a way to it that can be cut. */
export class RayCluster {
  /** Ray's sockets lie in here: their paths must be short. */
  private readonly folder = mkdtempSync("/tmp/ray-");
  private readonly sockets = new Set<Socket>();
  private readonly way: Server;
  private head: ChildProcess | undefined;
  submissions: Submissions = "pass";
  /** Whether there is a way to the cluster. */
  reachable = true;
  readonly token = TOKEN;

  /** @param findPython that of the cluster's nodes: one that has Ray alone, unless it is told */
  constructor(private readonly findPython: () => Promise<string> = findOrMakeRay) {
    this.way = createServer((socket) => this.connect(socket));
  }

  /** The URL of its dashboard, which stays the same whatever becomes of the head. */
  get address(): string {
    return `http://127.0.0.1:${(this.way.address() as AddressInfo).port}`;
  }

  async open(): Promise<void> {
    this.way.listen(0, "127.0.0.1");
    await once(this.way, "listening");
    await this.startHead();
  }

  async startHead(): Promise<void> {
    const python = await this.findPython();
    const [program, ...args] = [...UNSHARE, python, HEAD, this.folder] as unknown as [string, ...string[]];
    const env = {
      ...process.env,
      RAY_AUTH_MODE: "token",
      RAY_AUTH_TOKEN: TOKEN,
      // So that what waits for longer is given up by Ray within a test.
      RAY_JOB_START_TIMEOUT_SECONDS: "20",
    };
    this.head = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"], env });
    for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(200)) {
      if ((await this.ask("/api/jobs/").catch(() => undefined)) !== undefined) {
        return;
      }
      if (this.head.exitCode !== null) {
        break;
      }
    }
    throw new Error("the Ray head did not start");
  }

  /** Kills the head, and all that runs there. Ray has no memory of its jobs after that. */
  async killHead(): Promise<void> {
    const head = this.head as ChildProcess;
    const exited = once(head, "exit");
    head.kill("SIGKILL");
    await exited;
  }

  async close(): Promise<void> {
    await this.killHead();
    this.cut();
    this.way.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  /** Asks Ray itself, and expects a success. @param json what is sent; with it, the request is a POST */
  ask(path: string, json?: object): Promise<Json> {
    return got(`${this.address}${path}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      // A head that is about to start may take a request and never answer it.
      timeout: { request: 5000 },
      retry: { limit: 0 },
      ...(json !== undefined && { method: "POST", json }),
    }).json();
  }

  /** The ids of the submissions of a job that the cluster knows, and their statuses. */
  async attempts(jobId: string): Promise<Record<string, string>> {
    const jobs = (await this.ask("/api/jobs/")) as { submission_id: string | null; status: string }[];
    const own = jobs.filter(({ submission_id }) => submission_id?.startsWith(jobId));
    return Object.fromEntries(own.map(({ submission_id, status }) => [submission_id, status]));
  }

  private connect(client: Socket): void {
    if (!this.reachable) {
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
    let losing = false;
    client.on("data", (chunk) => {
      const submits = chunk.toString("latin1").startsWith("POST /api/jobs/ ");
      losing ||= submits && this.submissions === "lose their reply";
      if (!submits || this.submissions !== "never arrive") {
        ray.write(chunk);
      }
    });
    ray.on("data", (chunk) => (losing ? client.destroy() : client.write(chunk)));
  }
}

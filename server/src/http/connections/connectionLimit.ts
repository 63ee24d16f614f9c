import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { answerAndClose } from "./rawReply";

/** Bounds of the default limit. */
const FEWEST = 16;
const MOST = 1024;

/** The limit is reported at most once in this time, in milliseconds. */
const REPORT_INTERVAL = 60_000;

/** The soft limit of most systems, for systems that do not report theirs. */
const COMMON_DESCRIPTORS = 1024;

/**
 * Limits the number of open connections, so that descriptors remain for trainings, files and the database. A connection
 * is proven once it has sent a valid key or a valid signed URL. At the limit, a new connection replaces the oldest one
 * that is not proven. So clients without a key cannot take the connections of the others. When all connections are
 * proven, the new one is refused with 503.
 */
export class ConnectionLimit {
  private readonly open = new Set<Socket>();
  /** Oldest first. */
  private readonly unproven = new Set<Socket>();
  private reportedAt = Number.NEGATIVE_INFINITY;

  /** @param report receives a warning, at most once a minute, while connections are refused or replaced */
  constructor(
    private readonly max: number,
    private readonly report: (message: string) => void,
  ) {}

  watch(server: Server): void {
    server.on("connection", (socket: Socket) => this.admit(socket));
  }

  /** Protects the connection of an authenticated request from being replaced. */
  prove(socket: Socket): void {
    this.unproven.delete(socket);
  }

  private admit(socket: Socket): void {
    if (this.open.size >= this.max) {
      this.reportLimit();
      const [oldest] = this.unproven;
      this.close(oldest ?? socket);
      if (oldest === undefined) return;
    }
    this.open.add(socket);
    this.unproven.add(socket);
    socket.once("close", () => {
      this.open.delete(socket);
      this.unproven.delete(socket);
    });
  }

  private close(socket: Socket): void {
    this.open.delete(socket);
    this.unproven.delete(socket);
    answerAndClose(
      socket,
      503,
      "Service Unavailable",
      `The server has reached its limit of ${this.max} connections; try again in a few seconds`,
    );
  }

  private reportLimit(): void {
    if (performance.now() - this.reportedAt < REPORT_INTERVAL) return;
    this.reportedAt = performance.now();
    this.report(`The limit of ${this.max} connections is reached; see --max-connections`);
  }
}

/**
 * Returns the default limit: a quarter of the descriptors of this process, from 16 to 1024. An upload and a download have
 * two descriptors each, so half of the descriptors remain.
 */
export function defaultMaxConnections(): number {
  return Math.min(MOST, Math.max(FEWEST, Math.floor(descriptorLimit() / 4)));
}

function descriptorLimit(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return soft === undefined ? COMMON_DESCRIPTORS : Number(soft);
  } catch {
    return COMMON_DESCRIPTORS;
  }
}

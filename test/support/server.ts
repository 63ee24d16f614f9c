import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedServer, startEmbeddedServer } from "../../tools/embeddedServer";

export interface ServerOptions {
  /** How many times faster than real the simulated trainer goes. */
  speed?: number;
  /** More of the server's own options. */
  args?: readonly string[];
}

export interface TestServer extends EmbeddedServer {
  /** Ends it and starts it anew with other options, on the same port and with the same data. */
  restart(options: ServerOptions): Promise<void>;
}

/** The real server in a process of its own, on a free port, with data of its own that goes with it. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const data = await mkdtemp(join(tmpdir(), "mistral-server-"));
  const remove = () => rm(data, { recursive: true, force: true });
  try {
    let server = await startEmbeddedServer(data, flags(options));
    const { url } = server;
    return {
      url,
      async restart(next) {
        await server.stop();
        server = await startEmbeddedServer(data, ["--port", new URL(url).port, ...flags(next)]);
      },
      kill: () => server.kill(),
      async stop() {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const flags = ({ speed, args = [] }: ServerOptions) =>
  speed === undefined ? args : ["--speed", String(speed), ...args];

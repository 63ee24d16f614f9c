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

/** The real server in a process of its own, on a free port, with data of its own that goes with it. */
export async function startServer({ speed, args = [] }: ServerOptions = {}): Promise<EmbeddedServer> {
  const data = await mkdtemp(join(tmpdir(), "mistral-server-"));
  const remove = () => rm(data, { recursive: true, force: true });
  const options = speed === undefined ? args : ["--speed", String(speed), ...args];
  try {
    const server = await startEmbeddedServer(data, options);
    return {
      url: server.url,
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

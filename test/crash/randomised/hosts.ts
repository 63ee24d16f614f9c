import type { BatchEnvironment } from "./batchEnvironment";
import { ProviderHost } from "./host";

/**
 * The provider hosts of a batch: one for `up` and one for `destroy`, since Pulumi never runs both in one process. A killed host is
 * replaced. Pulumi starts a host for each command. This test reuses hosts, because starting a host takes most of the time.
 */
export class Hosts {
  private readonly started = new Map<string, Promise<ProviderHost>>();

  constructor(private readonly environment: BatchEnvironment) {}

  async for(command: "up" | "destroy"): Promise<ProviderHost> {
    const started = this.started.get(command);
    const host = await started;
    if (host && !host.isDead) return host;
    // Another seed may already have replaced the killed host.
    if (this.started.get(command) === started) {
      this.environment.count("hosts started");
      this.started.set(command, ProviderHost.start(this.environment.host, this.environment.folder));
    }
    return this.for(command);
  }

  /** Kills all running hosts. Returns whether any was running. */
  async kill(): Promise<boolean> {
    const hosts = await Promise.all(this.started.values());
    const alive = hosts.filter((host) => !host.isDead);
    for (const host of alive) host.kill();
    return alive.length > 0;
  }
}

import { ProviderHost } from "./host";
import type { World } from "./world";

/**
 * The provider hosts of a batch: one for `up` and one for `destroy`, since Pulumi never runs both in one process. A killed host is
 * replaced. Pulumi starts a host for each command; here later commands share a host, because starting one takes most of the time.
 */
export class Hosts {
  private readonly started = new Map<string, Promise<ProviderHost>>();

  constructor(private readonly world: World) {}

  async for(command: "up" | "destroy"): Promise<ProviderHost> {
    const started = this.started.get(command);
    const host = await started;
    if (host && !host.isDead) return host;
    // Another seed may already have replaced the killed host.
    if (this.started.get(command) === started) {
      this.world.count("hosts started");
      this.started.set(command, ProviderHost.start(this.world.folder, {}));
    }
    return this.for(command);
  }

  /** Kills all running hosts. @returns whether there was one */
  async kill(): Promise<boolean> {
    const hosts = await Promise.all(this.started.values());
    const alive = hosts.filter((host) => !host.isDead);
    for (const host of alive) host.kill();
    return alive.length > 0;
  }
}
